import type { SubscribeCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { SubscribeDto } from './subscribe.dto.js';

/** `subscribe` (PROTOCOL.md §2, §4.4). Pipelined: neither later frames nor the inbox wait for the router's answer. */
@CommandHandler('subscribe', SubscribeDto)
export class SubscribeHandler implements Handler<SubscribeCommand> {
  handle(session: Session, command: SubscribeCommand): void {
    session.subscribe(command);
  }
}
