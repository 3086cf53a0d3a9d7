import type { PingCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { PingDto } from './ping.dto.js';

/** That it came at all is what counts for the heartbeat (PROTOCOL.md §7); the answer tells the client that the way back works too. */
@CommandHandler('ping', PingDto, { anonymous: true })
export class PingHandler implements Handler<PingCommand> {
  handle(session: Session, { ref }: PingCommand): void {
    session.reply(ref === undefined ? PONG : { type: 'pong', ref });
  }
}

const PONG = { type: 'pong' } as const;
