import { IsIn, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { TEXTS, type Ref, type RegisterCommand } from '#protocol';
import { IsCursor, IsIdentifier } from '../../dispatch/rules.js';

/** `register` (PROTOCOL.md §2). */
export class RegisterDto implements RegisterCommand {
  readonly type!: 'register';
  readonly ref?: Ref;

  @IsNotEmpty({ message: TEXTS.userIdRequired })
  @IsIdentifier()
  readonly userId!: string;

  @IsOptional()
  @IsString()
  readonly token?: string;

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
