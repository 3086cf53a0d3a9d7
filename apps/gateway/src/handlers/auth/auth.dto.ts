import { IsIn, IsOptional, IsString, ValidateIf } from 'class-validator';
import type { AuthCommand, Ref } from '#protocol';
import { IsCursor, IsIdentifier } from '../../dispatch/rules.js';

/** `auth` (PROTOCOL.md §2). */
export class AuthDto implements AuthCommand {
  readonly type!: 'auth';
  readonly ref?: Ref;

  @IsOptional()
  @IsString()
  readonly token?: string;

  /** Needed where no tokens are asked for. */
  @ValidateIf(({ userId }: AuthDto) => userId !== undefined && userId !== null && userId !== '')
  @IsIdentifier()
  readonly userId?: string;

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
