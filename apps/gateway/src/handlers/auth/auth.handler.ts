import type { AuthCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { RegisterHandler } from '../register/register.handler.js';
import { AuthDto } from './auth.dto.js';

/** `auth` (PROTOCOL.md §2): registers, as `register` does. */
@CommandHandler('auth', AuthDto, { anonymous: true })
export class AuthHandler implements Handler<AuthCommand> {
  constructor(private readonly registering: RegisterHandler) {}

  handle(session: Session, command: AuthCommand): void | Promise<void> {
    // The DTO holds: there is a user id.
    return this.registering.handle(session, { ...command, type: 'register', userId: command.userId! });
  }
}
