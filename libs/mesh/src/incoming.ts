import {
  decodeFrame,
  KIND,
  kindOf,
  lengthOf,
  patternOf,
  type Announcement,
  type Failure,
  type Frame,
} from './frame/codec.js';
import type { Outgoing } from './frame/outgoing.js';
import type { Identity } from './identity.js';
import { IncomingRequest, type MeshHandler, type MeshRequest, type Origin } from './request.js';
import type { Counters } from './stats.js';

export interface IncomingOptions {
  readonly identity: Identity;
  readonly counters: Counters;
  readonly outgoing: Outgoing;
  /** Whether this process acts for its roles just now. */
  readonly acts: () => boolean;
  readonly onReply: (correlation: number, reply: unknown) => void;
  readonly onFailure: (correlation: number, failure: Failure) => void;
  readonly onRefusal: (correlation: number) => void;
  readonly onAnnouncement: (announcement: Announcement, incarnation: string) => void;
  /** A frame came from there. */
  readonly onHeard: (from: Origin) => void;
  readonly report: (error: unknown, doing: string) => void;
}

/** Packets of one frame for handlers that take them together, by pattern. */
type Batches = Map<number, MeshRequest[]>;

/** Takes frames apart and hands their packets on. */
export class Incoming {
  private readonly handlers = new Map<string, MeshHandler>();

  constructor(private readonly options: IncomingOptions) {}

  handle(pattern: string, handler: MeshHandler): void {
    if (this.handlers.has(pattern)) throw new Error(`Pattern "${pattern}" has a handler already`);
    this.handlers.set(pattern, handler);
  }

  receive(bytes: Buffer): void {
    const frame = decodeFrame(bytes);
    const { counters } = this.options;
    if (!frame) {
      counters.poison++;
      return;
    }
    counters.framesReceived++;
    counters.bytesReceived += bytes.length;
    const from: Origin = { address: frame.from, incarnation: frame.incarnation };
    this.dispatch(frame, from);
    this.options.onHeard(from);
  }

  private dispatch(frame: Frame, from: Origin): void {
    const { ops } = frame;
    const acts = this.options.acts();
    // Answers to what it asked under a former name are as good as any: it is the same process.
    const mine = this.options.identity.is(frame.forIncarnation);
    const batches: Batches = new Map();
    for (let at = 0; at < ops.length; at += lengthOf(ops[at] as number)) {
      this.options.counters.packetsReceived++;
      const kind = kindOf(ops[at] as number);
      if (kind <= KIND.tracedAsk) this.request(frame, at, from, acts, batches);
      else if (kind === KIND.announcement) this.options.onAnnouncement(ops[at + 1] as Announcement, frame.incarnation);
      else if (mine) this.answer(kind, ops[at + 1] as number, ops[at + 2]);
    }
    for (const [pattern, requests] of batches) this.handBatch(frame.patterns[pattern] as string, requests, from);
  }

  private answer(kind: number, correlation: number, field: unknown): void {
    if (kind === KIND.reply) this.options.onReply(correlation, field);
    else if (kind === KIND.failure) this.options.onFailure(correlation, field as Failure);
    else this.options.onRefusal(correlation);
  }

  private request(frame: Frame, at: number, from: Origin, acts: boolean, batches: Batches): void {
    const op = frame.ops[at] as number;
    if (!acts) return this.refuse(frame.ops, at, from);
    const request = this.read(frame.ops, at, from);
    const pattern = frame.patterns[patternOf(op)] as string;
    const handler = this.handlers.get(pattern);
    if (!handler) return this.unhandled(request, pattern);
    if ('one' in handler) return this.hand(handler, request, pattern);
    const batch = batches.get(patternOf(op));
    if (batch) batch.push(request);
    else batches.set(patternOf(op), [request]);
  }

  private read(ops: readonly unknown[], at: number, from: Origin): IncomingRequest {
    const { outgoing } = this.options;
    switch (kindOf(ops[at] as number)) {
      case KIND.tell:
        return new IncomingRequest(ops[at + 1], undefined, from, 0, outgoing);
      case KIND.tracedTell:
        return new IncomingRequest(ops[at + 1], ops[at + 2] as string, from, 0, outgoing);
      case KIND.ask:
        return new IncomingRequest(ops[at + 2], undefined, from, ops[at + 1] as number, outgoing);
      default:
        return new IncomingRequest(ops[at + 2], ops[at + 3] as string, from, ops[at + 1] as number, outgoing);
    }
  }

  private refuse(ops: readonly unknown[], at: number, from: Origin): void {
    this.options.counters.unhandled++;
    const kind = kindOf(ops[at] as number);
    if (kind !== KIND.ask && kind !== KIND.tracedAsk) return;
    this.options.outgoing.replyTo(from.address, from.incarnation).refusal(ops[at + 1] as number);
  }

  private unhandled(request: MeshRequest, pattern: string): void {
    this.options.counters.unhandled++;
    request.fail('no_handler', `Nobody here handles ${pattern}`);
  }

  private hand(handler: Extract<MeshHandler, { one: unknown }>, request: MeshRequest, pattern: string): void {
    try {
      handler.one(request);
    } catch (error) {
      this.options.report(error, `handling ${pattern}`);
      request.fail('internal', 'Internal error');
    }
  }

  private handBatch(pattern: string, requests: MeshRequest[], from: Origin): void {
    const handler = this.handlers.get(pattern);
    if (!handler || 'one' in handler) return;
    try {
      handler.many(requests, from);
    } catch (error) {
      this.options.report(error, `handling ${pattern}`);
      for (const request of requests) request.fail('internal', 'Internal error');
    }
  }
}
