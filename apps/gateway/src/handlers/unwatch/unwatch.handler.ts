import type { UnwatchCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { Watches } from '../../watching/watches.js';
import { UnwatchDto } from './unwatch.dto.js';

/** `unwatch` (PROTOCOL.md §2): of these users nothing more comes. */
@CommandHandler('unwatch', UnwatchDto)
export class UnwatchHandler implements Handler<UnwatchCommand> {
  constructor(private readonly watches: Watches) {}

  handle(session: Session, command: UnwatchCommand): void {
    void this.unwatch(session, command, session.sendStarted());
  }

  private async unwatch(session: Session, { userIds, ref }: UnwatchCommand, bytes: number): Promise<void> {
    await this.watches.unwatch(session, userIds);
    session.sendEnded(bytes);
    session.reply({ type: 'watching', ref, statuses: [] });
  }
}
