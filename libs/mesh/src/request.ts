import type { Layout } from './frame/layout.js';
import type { Outgoing } from './frame/outgoing.js';

/** Where a packet came from. */
export interface Origin {
  /** Its reply address, `role:id`. */
  readonly address: string;
  readonly incarnation: string;
}

/** One packet as its handler gets it. `reply` and `fail` count once; for a tell they do nothing. */
export interface MeshRequest<T = unknown, R = unknown> {
  readonly data: T;
  /** W3C `traceparent`. */
  readonly trace: string | undefined;
  readonly from: Origin;
  readonly expectsReply: boolean;
  reply(reply: R): void;
  /** The asker gets `MeshError('remote', message, code, retryAfterMs)`. */
  fail(code: string, message: string, retryAfterMs?: number): void;
}

/** Handles what comes for one pattern: packet by packet in order, or all packets of one frame together. Must not throw. */
export type MeshHandler = { one(request: MeshRequest): void } | { many(requests: MeshRequest[], from: Origin): void };

/** Correlation of a tell. */
const NONE = 0;

export class IncomingRequest implements MeshRequest {
  constructor(
    readonly data: unknown,
    readonly trace: string | undefined,
    readonly from: Origin,
    private correlation: number,
    private readonly outgoing: Outgoing,
    /** Of the reply. */
    private readonly layout: Layout<unknown> | undefined,
  ) {
    if (correlation !== NONE) outgoing.owed++;
  }

  get expectsReply(): boolean {
    return this.correlation !== NONE;
  }

  reply(reply: unknown): void {
    const correlation = this.settle();
    if (correlation === NONE) return;
    this.outgoing.replyTo(this.from.address, this.from.incarnation).reply(correlation, reply, this.layout);
  }

  fail(code: string, message: string, retryAfterMs?: number): void {
    const correlation = this.settle();
    if (correlation === NONE) return;
    const box = this.outgoing.replyTo(this.from.address, this.from.incarnation);
    box.failure(correlation, [code, message, retryAfterMs ?? null]);
  }

  private settle(): number {
    const { correlation } = this;
    if (correlation !== NONE) this.outgoing.owed--;
    this.correlation = NONE;
    return correlation;
  }
}
