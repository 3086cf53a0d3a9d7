import { Injectable } from '@nestjs/common';
import type { SendReply } from '#contract';
import type { AskSink, MeshError } from '#mesh';
import { TEXTS, packBody, type Ref } from '#protocol';
import { Counters } from '../connection/counters.js';
import type { Session } from '../dispatch/session.js';
import { Inboxes } from '../upstream/inboxes.js';
import { protocolError } from '../upstream/reply.js';

/** A direct message as a client sends it. */
export interface DirectMessage {
  readonly to: string;
  readonly content: string;
  /** Default: `text`. */
  readonly kind?: string | null;
  /** The sender's own message id: sent twice, stored once. */
  readonly id?: string | null;
  /** For whoever is connected now; not stored. */
  readonly ephemeral?: boolean | null;
  readonly ref?: Ref;
}

/**
 * Sends messages on behalf of a session: to the recipient's inbox, answered with `accepted` once stored (if it carried `ref` or `id`) or with
 * `WS_UNAVAILABLE`. No promise a message; how many may be under way is the session's to bound.
 */
@Injectable()
export class Sending {
  constructor(
    private readonly inboxes: Inboxes,
    private readonly counters: Counters,
  ) {}

  /** The session must be registered. */
  send(session: Session, message: DirectMessage): void {
    const from = session.identity!.userId;
    const { to, content, ref } = message;
    const id = message.id ?? undefined;
    const body = packBody({ from, to, kind: message.kind ?? 'text', content, id });
    session.sendStarted();
    const request = { to, from, id, body, ephemeral: message.ephemeral ?? undefined };
    this.inboxes.send(request, new Send(session, ref, id, this.counters));
  }
}

/** One message under way. */
class Send implements AskSink<SendReply> {
  constructor(
    private readonly session: Session,
    private readonly ref: Ref | undefined,
    private readonly id: string | undefined,
    private readonly counters: Counters,
  ) {}

  onReply({ messageId, timestamp, duplicate }: SendReply): void {
    const { session, ref, id } = this;
    this.counters.accepted++;
    session.sendEnded();
    if (ref === undefined && id === undefined) return;
    session.reply({
      type: 'accepted',
      ref,
      messageId: messageId || undefined,
      timestamp,
      id,
      duplicate: duplicate || undefined,
    });
  }

  onError(cause: MeshError): void {
    this.session.sendEnded();
    this.session.refuse(protocolError(cause, TEXTS.sendFailed), this.ref);
  }
}
