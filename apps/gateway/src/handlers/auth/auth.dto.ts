import { IsOptional, IsString, ValidateIf } from 'class-validator';
import type { AuthCommand, Ref } from '#protocol';
import { IsIdentifier } from '../../dispatch/rules.js';
import { RegistrationDto } from '../register/registration.dto.js';

/** `auth` (PROTOCOL.md §2). */
export class AuthDto extends RegistrationDto implements AuthCommand {
  readonly type!: 'auth';
  readonly ref?: Ref;

  @IsOptional()
  @IsString()
  readonly token?: string;

  /** Needed where no tokens are asked for. */
  @ValidateIf(({ userId }: AuthDto) => userId !== undefined && userId !== null && userId !== '')
  @IsIdentifier()
  readonly userId?: string;
}
