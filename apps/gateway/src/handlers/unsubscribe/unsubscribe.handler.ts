import type { UnsubscribeCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { UnsubscribeDto } from './unsubscribe.dto.js';

/** `unsubscribe` (PROTOCOL.md §2). */
@CommandHandler('unsubscribe', UnsubscribeDto)
export class UnsubscribeHandler implements Handler<UnsubscribeCommand> {
  handle(session: Session, command: UnsubscribeCommand): void {
    session.unsubscribe(command);
  }
}
