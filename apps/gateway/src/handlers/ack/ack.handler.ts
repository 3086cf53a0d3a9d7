import type { AckNotice, SyncReply } from '#contract';
import type { AskSink, MeshError } from '#mesh';
import { ProtocolError, type AckCommand } from '#protocol';
import { CommandHandler, type Handler } from '../../dispatch/command-handler.js';
import type { Session } from '../../dispatch/session.js';
import { Inboxes } from '../../upstream/inboxes.js';
import { Reply, protocolError } from '../../upstream/reply.js';
import { AckDto } from './ack.dto.js';

/**
 * `ack` (PROTOCOL.md §2, §4.5): cumulative. With a `ref` it is answered once it is saved. Ids count within one life of a log: that of a
 * conversation which is not open on this connection (its messages were read by `sync`) is asked for first.
 */
@CommandHandler('ack', AckDto)
export class AckHandler implements Handler<AckCommand> {
  constructor(private readonly inboxes: Inboxes) {}

  handle(session: Session, command: AckCommand): void {
    const conversation = command.conversation ?? undefined;
    const epoch = conversation === undefined ? session.registration!.epoch : session.epochOf(conversation);
    if (epoch !== undefined) return this.save(session, command, epoch);
    const { userId } = session.identity!;
    const beyondAll = { userId, conversation, lastMessageId: Number.MAX_SAFE_INTEGER, limit: 1 };
    this.inboxes.sync(beyondAll, new EpochOf(session, command, (known) => this.save(session, command, known)));
  }

  private save(session: Session, command: AckCommand, epoch: string): void {
    const notice = noticeOf(session, command, epoch);
    const { ref } = command;
    if (ref === undefined) return this.tell(notice);
    this.inboxes.acknowledgeSurely(notice, new Reply(session, ref, () => ({ type: 'acked', ref })));
  }

  private tell(notice: AckNotice): void {
    if (!this.inboxes.acknowledge(notice)) throw new ProtocolError('WS_UNAVAILABLE');
  }
}

/** Goes on with an ack once the log's epoch is known. */
class EpochOf implements AskSink<SyncReply> {
  private readonly bytes: number;

  constructor(
    private readonly session: Session,
    private readonly command: AckCommand,
    private readonly next: (epoch: string) => void,
  ) {
    this.bytes = session.sendStarted();
  }

  onReply({ epoch }: SyncReply): void {
    this.session.sendEnded(this.bytes);
    try {
      this.next(epoch);
    } catch (error) {
      this.session.refuse(error, this.command.ref);
    }
  }

  onError(cause: MeshError): void {
    this.session.sendEnded(this.bytes);
    this.session.refuse(protocolError(cause), this.command.ref);
  }
}

function noticeOf(session: Session, { messageId, status, conversation }: AckCommand, epoch: string): AckNotice {
  const { userId, device } = session.identity!;
  return { userId, device, messageId, status, epoch, conversation: conversation ?? undefined };
}
