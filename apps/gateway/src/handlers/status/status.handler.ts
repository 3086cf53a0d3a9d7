import type { StatusReply } from '#contract';
import type { StatusCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { Inboxes } from '../../upstream/inboxes.js';
import { Reply } from '../../upstream/reply.js';
import { StatusDto } from './status.dto.js';

/** `status` (PROTOCOL.md §2): how far somebody has received and read. */
@CommandHandler('status', StatusDto)
export class StatusHandler implements Handler<StatusCommand> {
  constructor(private readonly inboxes: Inboxes) {}

  handle(session: Session, { to, ref }: StatusCommand): void {
    const answer = ({ delivered, read }: StatusReply) => ({ type: 'status', ref, to, delivered, read }) as const;
    this.inboxes.status({ userId: to }, new Reply(session, ref, answer));
  }
}
