import { Inject, Injectable } from '@nestjs/common';
import {
  ROLE,
  ROUTER,
  type AckNotice,
  type OpenReply,
  type OpenRequest,
  type ReadReply,
  type ReadRequest,
} from '#contract';
import type { SendReply, SendRequest } from '#contract';
import { byKey, type AskOptions, type AskSink, type Destination, type Mesh } from '#mesh';
import { MESH } from '#service';
import { ASK_TIMEOUT_MS, SEND_TIMEOUT_MS } from './timeouts.js';

const READ: AskOptions = { timeoutMs: ASK_TIMEOUT_MS, idempotent: true };
const SEND: AskOptions = { timeoutMs: SEND_TIMEOUT_MS, idempotent: false };
const SEND_WITH_ID: AskOptions = { timeoutMs: SEND_TIMEOUT_MS, idempotent: true };

const inboxOf = (userId: string): Destination => byKey(ROLE.router, userId);

/** The routers' inboxes, as the gateway uses them. */
@Injectable()
export class Inboxes {
  constructor(@Inject(MESH) private readonly mesh: Mesh) {}

  open(request: OpenRequest): Promise<OpenReply> {
    return this.mesh.ask<OpenReply>(inboxOf(request.userId), ROUTER.open, request, READ);
  }

  read(request: ReadRequest, sink: AskSink<ReadReply>): void {
    this.mesh.request(inboxOf(request.userId), ROUTER.read, request, READ, sink);
  }

  /** Pipelined: replies come in the order of the sends. With an `id` a lost router's successor is asked again; without, the sender decides. */
  send(request: SendRequest, sink: AskSink<SendReply>): void {
    const options = request.id === undefined ? SEND : SEND_WITH_ID;
    this.mesh.request(inboxOf(request.to), ROUTER.send, request, options, sink);
  }

  acknowledge(notice: AckNotice): boolean {
    return this.mesh.tell(inboxOf(notice.userId), ROUTER.ack, notice);
  }
}
