import { Injectable } from '@nestjs/common';
import type { PostRequest, SendReply } from '#contract';
import type { AskSink, MeshError } from '#mesh';
import { TEXTS, packBody, type Ref } from '#protocol';
import { Grants } from '../auth/grants.js';
import { Counters } from '../connection/counters.js';
import type { Session } from '../dispatch/session.js';
import { Conversations } from '../upstream/conversations.js';
import { Inboxes } from '../upstream/inboxes.js';
import { protocolError } from '../upstream/reply.js';

/** A message as a client sends it: to a user, or to a conversation. */
export interface OutgoingMessage {
  readonly to?: string | null;
  readonly conversation?: string | null;
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
 * Sends messages on behalf of a session: to the recipient's inbox or to a conversation, answered with `accepted` once stored (if it carried `ref` or `id`) or with
 * `WS_UNAVAILABLE`. No promise a message; how many may be under way is the session's to bound.
 */
@Injectable()
export class Sending {
  constructor(
    private readonly inboxes: Inboxes,
    private readonly conversations: Conversations,
    private readonly counters: Counters,
    private readonly grants: Grants,
  ) {}

  /** The session must be registered; the message has `to` or `conversation`. */
  send(session: Session, message: OutgoingMessage): void {
    const from = session.identity!.userId;
    const { content, ref } = message;
    const to = message.to ?? undefined;
    const conversation = message.conversation ?? undefined;
    const id = message.id ?? undefined;
    const ephemeral = message.ephemeral ?? undefined;
    const body = packBody({ from, to, conversation, kind: message.kind ?? 'text', content, id });
    const sink = new Send(session, session.sendStarted(), ref, id, this.counters);
    if (to !== undefined) this.inboxes.send({ to, from, id, body, ephemeral }, sink);
    else this.post(session, { conversation: conversation!, from, id, body, ephemeral }, sink);
  }

  /** Whoever has the conversation open is a member already, and need not join: that would cost the router a call for each message. */
  private post(session: Session, request: PostRequest, sink: Send): void {
    const { conversation } = request;
    const joins = this.grants.mayJoin(session, conversation) && session.epochOf(conversation) === undefined;
    this.conversations.post(joins ? { ...request, mayJoin: true } : request, sink);
  }
}

/** One message under way. */
class Send implements AskSink<SendReply> {
  constructor(
    private readonly session: Session,
    /** Those of its frame. */
    private readonly bytes: number,
    private readonly ref: Ref | undefined,
    private readonly id: string | undefined,
    private readonly counters: Counters,
  ) {}

  onReply({ messageId, timestamp, duplicate }: SendReply): void {
    const { session, bytes, ref, id } = this;
    this.counters.accepted++;
    session.sendEnded(bytes);
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
    this.session.sendEnded(this.bytes);
    this.session.refuse(protocolError(cause, TEXTS.sendFailed), this.ref);
  }
}
