import { KIND, LAID_OUT, opOf, TRACED, writeData, writeHead } from './codec.js';
import type { Announcement, Failure, Head, Kind } from './codec.js';
import type { Layout, Layouts } from './layout.js';
import { Writer } from './writer.js';

/** A packet whose data cannot be packed (a function, a circle). */
export interface Unpackable {
  readonly address: string;
  readonly kind: Kind;
  /** Of an ask or a reply. */
  readonly correlation: number;
  /** As of a reply's box. */
  readonly forIncarnation: string;
}

export interface OutboxOwner {
  readonly layouts: Layouts;
  /** A frame with what came before `start` has to leave: with the last packet it would be too large. */
  onOverflow(box: Outbox, start: number): void;
  /** Nothing of it was put in. */
  onUnpackable(packet: Unpackable, error: unknown): void;
}

/** Packets of one turn for one address, packed as they come. */
export class Outbox {
  packets = 0;
  /** The incarnation whose asks the replies in here answer; '' while there are none. */
  forIncarnation = '';
  private readonly out = new Writer();
  private patterns: string[] = [];
  /** Of the data of each of these patterns. */
  private layouts: (Layout<unknown> | undefined)[] = [];

  constructor(
    readonly address: string,
    private readonly maxBytes: number,
    private readonly owner: OutboxOwner,
  ) {}

  tell(pattern: string, data: unknown, trace: string | undefined): void {
    const index = this.indexOf(pattern);
    this.put(KIND.tell, index, 0, trace, data, this.layouts[index]);
  }

  ask(correlation: number, pattern: string, data: unknown, trace: string | undefined): void {
    const index = this.indexOf(pattern);
    this.put(KIND.ask, index, correlation, trace, data, this.layouts[index]);
  }

  reply(correlation: number, data: unknown, layout: Layout<unknown> | undefined): void {
    this.put(KIND.reply, 0, correlation, undefined, data, layout);
  }

  failure(correlation: number, failure: Failure): void {
    this.put(KIND.failure, 0, correlation, undefined, failure, undefined);
  }

  refusal(correlation: number): void {
    this.out.number(opOf(KIND.refusal, 0, 0));
    this.out.number(correlation);
    this.packets++;
  }

  announcement(announcement: Announcement): void {
    this.put(KIND.announcement, 0, 0, undefined, announcement, undefined);
  }

  /** Takes out the frame that begins with what is in here, up to `end`; what is behind it stays, as the one packet that was too much. */
  take(head: Pick<Head, 'from' | 'incarnation'>, end = this.out.length): Buffer {
    const { forIncarnation, patterns, out } = this;
    HEAD.cut(0);
    writeHead(HEAD, { from: head.from, incarnation: head.incarnation, forIncarnation, patterns });
    const frame = Buffer.concat([HEAD.written(), out.written(0, end)]);
    if (end === out.length) this.clear();
    else this.keep(end);
    return frame;
  }

  clear(): void {
    this.out.cut(0);
    this.packets = 0;
    this.forIncarnation = '';
    if (this.patterns.length === 0) return;
    this.patterns = [];
    this.layouts = [];
  }

  private keep(start: number): void {
    this.out.drop(start);
    this.packets = 1;
  }

  /** @param correlation 0: none. */
  private put(
    kind: Kind,
    pattern: number,
    correlation: number,
    trace: string | undefined,
    data: unknown,
    layout: Layout<unknown> | undefined,
  ): void {
    const { out } = this;
    const start = out.length;
    try {
      out.number(opOf(kind, pattern, (trace === undefined ? 0 : TRACED) | (layout ? LAID_OUT : 0)));
      if (correlation > 0) out.number(correlation);
      if (trace !== undefined) out.text(trace);
      writeData(out, data, layout);
    } catch (error) {
      out.cut(start);
      const { address, forIncarnation } = this;
      return this.owner.onUnpackable({ address, kind, correlation, forIncarnation }, error);
    }
    this.packets++;
    if (out.length > this.maxBytes && this.packets > 1) this.owner.onOverflow(this, start);
  }

  /** A turn knows a handful of patterns: looking through them beats hashing. */
  private indexOf(pattern: string): number {
    const index = this.patterns.indexOf(pattern);
    if (index >= 0) return index;
    this.layouts.push(this.owner.layouts[pattern]?.data);
    return this.patterns.push(pattern) - 1;
  }
}

/** Heads are written one at a time. */
const HEAD = new Writer();
