import { IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { TEXTS, type Ref, type RegisterCommand } from '#protocol';
import { IsIdentifier } from '../../dispatch/rules.js';
import { RegistrationDto } from './registration.dto.js';

/** `register` (PROTOCOL.md §2). */
export class RegisterDto extends RegistrationDto implements RegisterCommand {
  readonly type!: 'register';
  readonly ref?: Ref;

  @IsNotEmpty({ message: TEXTS.userIdRequired })
  @IsIdentifier()
  readonly userId!: string;

  @IsOptional()
  @IsString()
  readonly token?: string;
}
