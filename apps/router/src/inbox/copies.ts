import { Inject, Injectable } from '@nestjs/common';
import {
  OVERLOADED,
  REFUSAL,
  refuse,
  ROLE,
  ROUTER,
  UNAVAILABLE,
  type CopyRequest,
  type SendReply,
  type SendRequest,
} from '#contract';
import { byKey, type AskOptions, type AskSink, type Mesh, type MeshError, type MeshRequest } from '#mesh';
import { CONFIG, MESH } from '#service';
import type { RouterConfig } from '../config.js';
import { Backlog } from '../log/backlog.js';
import type { Sendable } from '../log/batch.js';
import { RouterStats } from '../router-stats.js';

export type Send = MeshRequest<SendRequest, SendReply>;

/** Shorter than a gateway waits for its `accepted`, so that the sender learns why. */
const ASK: AskOptions = { timeoutMs: 5_000, idempotent: true };

/**
 * A sender's own copy on its way into their inbox. It is known by the place of the message in the recipient's log, so that it is stored once
 * however often it is asked for, whether the message has an `id` or not. No user is called '', so it meets nobody's ids.
 */
export class Copy implements Sendable {
  readonly data: Sendable['data'];

  constructor(private readonly request: MeshRequest<CopyRequest, SendReply>) {
    const { to, epoch, messageId, body } = request.data;
    this.data = { from: '', id: `${to}\0${epoch}\0${messageId}`, body };
  }

  reply(reply: SendReply): void {
    this.request.reply(reply);
  }

  fail(code: string, message: string, retryAfterMs?: number): void {
    this.request.fail(code, message, retryAfterMs);
  }
}

/**
 * `SENDER_COPIES`: a message is accepted once its sender has a copy as well (PROTOCOL.md §4.9). First the recipient, then the sender: a crash in
 * between leaves a message without `accepted`, which the sender repeats; the repetition finds the message stored and asks for the copy again.
 *
 * The recipient's inbox does not wait: the two inboxes of people who write to each other would wait for each other.
 */
@Injectable()
export class Copies {
  private readonly on: boolean;

  constructor(
    @Inject(MESH) private readonly mesh: Mesh,
    @Inject(CONFIG) config: RouterConfig,
    private readonly backlog: Backlog,
    private readonly stats: RouterStats,
  ) {
    this.on = config.SENDER_COPIES === 'on';
  }

  wanted({ data: { from, to, ephemeral } }: Send): boolean {
    return this.on && !ephemeral && from !== to;
  }

  /** Answers the send, stored as `stored` says, once its sender has the copy. Copies of one sender keep their order. */
  make(send: Send, stored: SendReply, epoch: string): void {
    const { to, from: sender, body } = send.data;
    const request: CopyRequest = { sender, to, messageId: stored.messageId, epoch, body };
    this.backlog.hold(body.byteLength);
    this.stats.copies += 1;
    this.mesh.request(byKey(ROLE.router, sender), ROUTER.copy, request, ASK, new Making(send, stored, this.backlog));
  }
}

class Making implements AskSink<SendReply> {
  constructor(
    private readonly send: Send,
    private readonly stored: SendReply,
    private readonly backlog: Backlog,
  ) {}

  onReply(): void {
    this.backlog.release(this.send.data.body.byteLength);
    this.send.reply(this.stored);
  }

  /** A sender who never registered (the server API may send for anybody) has no inbox under `RECIPIENTS=known`, and needs no copy. */
  onError({ remoteCode }: MeshError): void {
    if (remoteCode === REFUSAL.unknownRecipient) return this.onReply();
    this.backlog.release(this.send.data.body.byteLength);
    refuse(this.send, remoteCode === REFUSAL.overloaded ? OVERLOADED : UNAVAILABLE);
  }
}
