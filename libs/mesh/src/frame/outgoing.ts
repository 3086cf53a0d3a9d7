import type { Counters } from '../stats.js';
import type { Identity } from '../identity.js';
import { encodeFrame } from './codec.js';
import { Outbox } from './outbox.js';

export interface OutgoingOptions {
  /** Reply address and identity of this process: the head of every frame. */
  readonly from: string;
  readonly identity: Identity;
  /** A larger frame is cut in two, unless it is one packet; bytes. */
  readonly maxFrameBytes: number;
  /** As many packets are sent without waiting for the end of the turn. */
  readonly maxFramePackets: number;
  readonly counters: Counters;
  readonly transmit: (address: string, frame: Buffer) => void;
  /** A packet whose data cannot be packed (a function, a circle): nothing of it was sent. */
  readonly onUnpackable: (packet: Outbox, error: unknown) => void;
}

/**
 * What waits to be sent: one box an address. All packets of one event-loop turn for one address leave in one frame, when the turn's I/O
 * has been handled (`setImmediate`): sooner would mean more and smaller frames, and the delay is a fraction of the turn.
 */
export class Outgoing {
  /** Answers that this process still has to give. */
  owed = 0;
  private readonly boxes = new Map<string, Outbox>();
  private dirty: Outbox[] = [];
  private scheduled = false;
  private firstQueuedAt = 0;

  constructor(private readonly options: OutgoingOptions) {}

  /** The box to put one packet for `address` into. */
  to(address: string): Outbox {
    const box = this.boxes.get(address) ?? this.open(address);
    if (box.packets === 0) this.touch(box);
    else if (box.packets >= this.options.maxFramePackets) this.send(box.take());
    return box;
  }

  /** As `to`, for a reply to an ask of that incarnation: replies to different incarnations never share a frame. */
  replyTo(address: string, incarnation: string): Outbox {
    const box = this.to(address);
    if (box.forIncarnation !== '' && box.forIncarnation !== incarnation) this.send(box.take());
    box.forIncarnation = incarnation;
    return box;
  }

  /** Drops what waits for `address`. */
  discard(address: string): void {
    this.boxes.get(address)?.clear();
    this.boxes.delete(address);
  }

  /** Sends an empty frame: only to hear whether anybody listens. */
  probe(address: string): void {
    const box = new Outbox(address);
    const frame = this.encode(box);
    if (frame) this.options.transmit(address, frame);
  }

  /** Sends all that waits, now. */
  flush(): void {
    this.scheduled = false;
    const boxes = this.dirty;
    if (boxes.length === 0) return;
    this.dirty = [];
    this.options.counters.late(performance.now() - this.firstQueuedAt);
    for (const box of boxes) if (box.packets > 0) this.send(box.take());
  }

  private open(address: string): Outbox {
    const box = new Outbox(address);
    this.boxes.set(address, box);
    return box;
  }

  private touch(box: Outbox): void {
    this.dirty.push(box);
    if (this.scheduled) return;
    this.scheduled = true;
    this.firstQueuedAt = performance.now();
    setImmediate(() => this.flush());
  }

  private send(box: Outbox): void {
    const frame = this.encode(box);
    if (frame === undefined) return;
    if (frame.length > this.options.maxFrameBytes && box.packets > 1) return this.sendHalves(box);
    this.options.counters.sent(box.packets, frame.length);
    this.options.transmit(box.address, frame);
  }

  private sendHalves(box: Outbox): void {
    for (const half of box.halves()) this.send(half);
  }

  /** One packet that cannot be packed must not take its neighbours with it: halving isolates it. */
  private encode(box: Outbox): Buffer | undefined {
    const { from, identity } = this.options;
    const { incarnation } = identity;
    const { forIncarnation, patterns, ops } = box;
    try {
      return encodeFrame({ from, incarnation, forIncarnation, patterns, ops }, box.packets);
    } catch (error) {
      if (box.packets > 1) this.sendHalves(box);
      else this.options.onUnpackable(box, error);
      return undefined;
    }
  }
}
