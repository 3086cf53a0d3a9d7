import { Inject, Injectable } from '@nestjs/common';
import {
  ROLE,
  ROUTER,
  type AckNotice,
  type AckReply,
  type OpenReply,
  type OpenRequest,
  type ReadReply,
  type ReadRequest,
  type SendReply,
  type SendRequest,
  type StatusReply,
  type StatusRequest,
  type SyncReply,
  type SyncRequest,
} from '#contract';
import { byKey, type AskOptions, type AskSink, type Destination, type Mesh } from '#mesh';
import { MESH } from '#service';
import { ASK_TIMEOUT_MS, SEND_TIMEOUT_MS } from './timeouts.js';

const READ: AskOptions = { timeoutMs: ASK_TIMEOUT_MS, idempotent: true };
const SEND: AskOptions = { timeoutMs: SEND_TIMEOUT_MS, idempotent: false };
const SEND_WITH_ID: AskOptions = { timeoutMs: SEND_TIMEOUT_MS, idempotent: true };

const inboxOf = (userId: string): Destination => byKey(ROLE.router, userId);
const logOf = ({ userId, conversation }: { readonly userId: string; readonly conversation?: string }): Destination =>
  byKey(ROLE.router, conversation ?? userId);

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

  /** False where there is no router to take it. */
  acknowledge(notice: AckNotice): boolean {
    return this.mesh.tell(logOf(notice), ROUTER.ack, notice);
  }

  /** As `acknowledge`, answered once it is saved. */
  acknowledgeSurely(notice: AckNotice, sink: AskSink<AckReply>): void {
    this.mesh.request(logOf(notice), ROUTER.acknowledge, notice, READ, sink);
  }

  status(request: StatusRequest, sink: AskSink<StatusReply>): void {
    this.mesh.request(inboxOf(request.userId), ROUTER.status, request, READ, sink);
  }

  sync(request: SyncRequest, sink: AskSink<SyncReply>): void {
    this.mesh.request(logOf(request), ROUTER.sync, request, READ, sink);
  }
}
