import type { PresenceCommand } from '#protocol';
import { Attendance } from '../../connection/attendance.js';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { Presences } from '../../upstream/presences.js';
import { Reply } from '../../upstream/reply.js';
import { PresenceDto } from './presence.dto.js';

/** `presence` (PROTOCOL.md §2): what others are to see of this connection; `offline` is invisible. */
@CommandHandler('presence', PresenceDto)
export class PresenceHandler implements Handler<PresenceCommand> {
  constructor(
    private readonly attendance: Attendance,
    private readonly presences: Presences,
  ) {}

  handle(session: Session, { status, ref }: PresenceCommand): void {
    const { connectionId } = session;
    const { userId } = session.identity!;
    this.attendance.state(connectionId, status);
    this.presences.setStatus({ userId, connectionId, status }, new Reply(session, ref, () => ({ type: 'ok', ref })));
  }
}
