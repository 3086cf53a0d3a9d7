import type { RegisterCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { RegisterDto } from './register.dto.js';
import { Registrar } from './registrar.js';

/** `register` (PROTOCOL.md §2). */
@CommandHandler('register', RegisterDto, { anonymous: true })
export class RegisterHandler implements Handler<RegisterCommand> {
  constructor(private readonly registrar: Registrar) {}

  handle(session: Session, command: RegisterCommand): void | Promise<void> {
    return this.registrar.register(session, command);
  }
}
