import { ProtocolError, type WatchCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { protocolError } from '../../upstream/reply.js';
import { Watches } from '../../watching/watches.js';
import { WatchDto } from './watch.dto.js';

/** `watch` (PROTOCOL.md §2): today's statuses, then every change. Later frames do not wait for the answer. */
@CommandHandler('watch', WatchDto)
export class WatchHandler implements Handler<WatchCommand> {
  constructor(private readonly watches: Watches) {}

  handle(session: Session, command: WatchCommand): void {
    void this.watch(session, command, session.sendStarted());
  }

  private async watch(session: Session, { userIds, ref }: WatchCommand, bytes: number): Promise<void> {
    try {
      const statuses = await this.watches.watch(session, userIds);
      session.sendEnded(bytes);
      session.reply({ type: 'watching', ref, statuses });
    } catch (error) {
      session.sendEnded(bytes);
      session.refuse(error instanceof ProtocolError ? error : protocolError(error), ref);
    }
  }
}
