import type { MessageCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { Sending } from '../../sending/sending.js';
import { MessageDto } from './message.dto.js';

/** `message` (PROTOCOL.md §2, §4.1). Pipelined: later frames do not wait for the router's answer. */
@CommandHandler('message', MessageDto)
export class MessageHandler implements Handler<MessageCommand> {
  constructor(private readonly sending: Sending) {}

  handle(session: Session, command: MessageCommand): void {
    this.sending.send(session, command);
  }
}
