import { messageEvent, packBody, type Codec, type MessageBody, type MessageEvent, type ServerEvent } from '#protocol';
import type { WireEntry } from '#contract';
import type { Encodable } from '../dispatch/session.js';
import { encodeFrame } from './frame.js';

/** An event on its way out, encoded once per codec however many sessions it goes to. */
abstract class Shared implements Encodable {
  private json: Buffer | undefined;
  private msgpack: Buffer | undefined;

  /** The bytes for the wire. */
  frame(codec: Codec): Buffer {
    return (this[codec.name] ??= encodeFrame(codec.encode(this.event()), codec.binary));
  }

  protected abstract event(): ServerEvent;
}

/** An event for many sessions. */
export class Announcement extends Shared {
  constructor(private readonly said: ServerEvent) {
    super();
  }

  protected override event(): ServerEvent {
    return this.said;
  }
}

/** A message of a log; unpacked only when the first session encodes it. */
export class Outgoing extends Shared implements WireEntry {
  constructor(private readonly entry: WireEntry) {
    super();
  }

  /** The entry itself where it is shared already. */
  static of(entry: WireEntry): Outgoing {
    return entry instanceof Outgoing ? entry : new Outgoing(entry);
  }

  get messageId(): number {
    return this.entry.messageId;
  }

  get timestamp(): number {
    return this.entry.timestamp;
  }

  get body(): Uint8Array {
    return this.entry.body;
  }

  get size(): number {
    return this.entry.body.length;
  }

  protected override event(): MessageEvent {
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
    /** The log; without it the inbox of whoever gets it. */
    readonly conversation?: string,
  ) {
    this.entries = entries.map((entry) => new Outgoing(entry));
    this.newest = entries.reduce((newest, entry) => Math.max(newest, entry.messageId), 0);
  }

  /** Of a message that no log holds. */
  static ephemeral(body: MessageBody, timestamp: number): Delivery {
    return new Delivery('', [{ messageId: 0, timestamp, body: packBody(body) }]);
  }

  /** Bytes it holds in memory. */
  get size(): number {
    return this.entries.reduce((sum, entry) => sum + entry.size, 0);
  }
}
