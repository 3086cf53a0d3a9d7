import { messageEvent, type Codec, type MessageEvent } from '#protocol';
import type { WireEntry } from '#contract';
import { encodeFrame } from './frame.js';

/** A message of a log on its way out, unpacked and encoded once per codec however many sessions it goes to. */
export class Outgoing {
  private json: Buffer | undefined;
  private msgpack: Buffer | undefined;

  constructor(private readonly entry: WireEntry) {}

  get messageId(): number {
    return this.entry.messageId;
  }

  get size(): number {
    return this.entry.body.length;
  }

  /** The bytes for the wire. */
  frame(codec: Codec): Buffer {
    return (this[codec.name] ??= encodeFrame(codec.encode(this.event()), codec.binary));
  }

  private event(): MessageEvent {
    const event = messageEvent(this.entry);
    return this.messageId === 0 ? { ...event, messageId: undefined } : event;
  }
}

/** One delivery from the router, shared by all sessions it is for. */
export class Delivery {
  readonly entries: readonly Outgoing[];
  /** Newest log id in it; 0 when all are ephemeral. */
  readonly newest: number;

  constructor(
    readonly epoch: string,
    entries: readonly WireEntry[],
  ) {
    this.entries = entries.map((entry) => new Outgoing(entry));
    this.newest = entries.reduce((newest, entry) => Math.max(newest, entry.messageId), 0);
  }
}
