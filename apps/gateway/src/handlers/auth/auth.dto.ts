import { IsIn, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { TEXTS, type AuthCommand, type Ref } from '#protocol';
import { IsCursor, IsIdentifier } from '../../dispatch/rules.js';

/** `auth` (PROTOCOL.md §2). */
export class AuthDto implements AuthCommand {
  readonly type!: 'auth';
  readonly ref?: Ref;

  @IsOptional()
  @IsString()
  readonly token?: string;

  @IsNotEmpty({ message: TEXTS.userIdRequired })
  @IsIdentifier()
  readonly userId!: string;

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
