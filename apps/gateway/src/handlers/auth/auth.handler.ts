import type { AuthCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { Registrar } from '../register/registrar.js';
import { AuthDto } from './auth.dto.js';

/** `auth` (PROTOCOL.md §2): registers as whom the token says. On a connection that is registered a fresh token lets it live on. */
@CommandHandler('auth', AuthDto, { anonymous: true })
export class AuthHandler implements Handler<AuthCommand> {
  constructor(private readonly registrar: Registrar) {}

  handle(session: Session, command: AuthCommand): void | Promise<void> {
    return this.registrar.register(session, command);
  }
}
