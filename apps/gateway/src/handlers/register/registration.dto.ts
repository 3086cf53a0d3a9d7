import { IsIn, IsOptional } from 'class-validator';
import { IsCursor, IsIdentifier } from '../../dispatch/rules.js';

/** What `register` and `auth` have in common: which device it is, and where it goes on (PROTOCOL.md §2). */
export abstract class RegistrationDto {
  @IsOptional()
  @IsIdentifier()
  readonly device?: string;

  @IsOptional()
  @IsCursor()
  readonly lastMessageId?: number;

  @IsOptional()
  @IsIdentifier()
  readonly epoch?: string;

  @IsOptional()
  @IsIn(['auto', 'manual'])
  readonly ack?: 'auto' | 'manual';
}
