import type { Counters } from '../stats.js';
import type { Identity } from '../identity.js';
import { Turn, type FrameCounts } from '../publication.js';
import type { Layouts } from './layout.js';
import { Outbox, type OutboxOwner, type Unpackable } from './outbox.js';

/** More than the head of a frame takes: addresses and a handful of patterns. */
const HEAD_BYTES = 1_024;

export interface OutgoingOptions {
  /** Reply address and identity of this process: the head of every frame. */
  readonly from: string;
  readonly identity: Identity;
  readonly layouts: Layouts;
  /** Frames are no larger, except for a single packet that is; bytes. */
  readonly maxFrameBytes: number;
  /** As many packets are sent without waiting for the end of the turn. */
  readonly maxFramePackets: number;
  readonly counters: Counters;
  /** Of the carrier. */
  readonly frames: FrameCounts | undefined;
  readonly transmit: (address: string, frame: Buffer) => void;
  /** Nothing of it will be sent. Called from within the sending. */
  readonly onUnpackable: (packet: Unpackable, error: unknown) => void;
}

/**
 * What waits to be sent: one box an address. All packets of one event-loop turn for one address leave in one frame, when the turn's I/O
 * has been handled (`setImmediate`): sooner would mean more and smaller frames, and the delay is a fraction of the turn.
 */
export class Outgoing implements OutboxOwner {
  /** Answers that this process still has to give. */
  owed = 0;
  /** What is told now is sent in it. */
  turn = new Turn();
  private readonly boxes = new Map<string, Outbox>();
  private dirty: Outbox[] = [];
  private scheduled = false;
  private firstQueuedAt = 0;

  constructor(private readonly options: OutgoingOptions) {}

  get layouts(): Layouts {
    return this.options.layouts;
  }

  /** The box to put one packet for `address` into. */
  to(address: string): Outbox {
    const box = this.boxes.get(address) ?? this.open(address);
    if (box.packets === 0) this.touch(box);
    else if (box.packets >= this.options.maxFramePackets) this.send(box);
    return box;
  }

  /** As `to`, for a reply to an ask of that incarnation: replies to different incarnations never share a frame. */
  replyTo(address: string, incarnation: string): Outbox {
    const box = this.to(address);
    if (box.forIncarnation !== '' && box.forIncarnation !== incarnation) this.send(box);
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
    this.options.transmit(address, this.box(address).take(this.head));
  }

  /** Sends all that waits, now. */
  flush(): void {
    this.scheduled = false;
    const boxes = this.dirty;
    if (boxes.length === 0) return;
    this.dirty = [];
    const { turn } = this;
    this.turn = new Turn();
    this.options.counters.late(performance.now() - this.firstQueuedAt);
    for (const box of boxes) if (box.packets > 0) this.send(box);
    turn.end(this.options.frames);
  }

  onOverflow(box: Outbox, start: number): void {
    this.send(box, box.packets - 1, start);
  }

  onUnpackable(packet: Unpackable, error: unknown): void {
    this.options.onUnpackable(packet, error);
  }

  private box(address: string): Outbox {
    return new Outbox(address, this.options.maxFrameBytes - HEAD_BYTES, this);
  }

  private open(address: string): Outbox {
    const box = this.box(address);
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

  private send(box: Outbox, packets = box.packets, end?: number): void {
    const frame = box.take(this.head, end);
    this.options.counters.sent(packets, frame.length);
    this.options.transmit(box.address, frame);
  }

  private get head(): { readonly from: string; readonly incarnation: string } {
    const { from, identity } = this.options;
    return { from, incarnation: identity.incarnation };
  }
}
