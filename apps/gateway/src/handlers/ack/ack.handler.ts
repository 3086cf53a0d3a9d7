import type { AckNotice } from '#contract';
import { ProtocolError, type AckCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { Inboxes } from '../../upstream/inboxes.js';
import { Reply } from '../../upstream/reply.js';
import { AckDto } from './ack.dto.js';

/** `ack` (PROTOCOL.md §2, §4.5): cumulative. With a `ref` it is answered once it is saved. */
@CommandHandler('ack', AckDto)
export class AckHandler implements Handler<AckCommand> {
  constructor(private readonly inboxes: Inboxes) {}

  handle(session: Session, command: AckCommand): void {
    const notice = noticeOf(session, command);
    const { ref } = command;
    if (ref === undefined) return this.tell(notice);
    this.inboxes.acknowledgeSurely(notice, new Reply(session, ref, () => ({ type: 'acked', ref })));
  }

  private tell(notice: AckNotice): void {
    if (!this.inboxes.acknowledge(notice)) throw new ProtocolError('WS_UNAVAILABLE');
  }
}

function noticeOf(session: Session, { messageId, status, conversation }: AckCommand): AckNotice {
  const { userId, device } = session.identity!;
  const epoch = session.registration!.epoch;
  return { userId, device, messageId, status, epoch, conversation: conversation ?? undefined };
}
