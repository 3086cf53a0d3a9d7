import { KIND, kindOf, lengthOf, opOf, type Announcement, type Failure } from './codec.js';

/** Packets of one turn for one address, flat as they go into the frame. */
export class Outbox {
  ops: unknown[] = [];
  patterns: string[] = [];
  packets = 0;
  /** The incarnation whose asks the replies in here answer; '' while there are none. */
  forIncarnation = '';

  constructor(readonly address: string) {}

  tell(pattern: string, data: unknown, trace: string | undefined): void {
    this.packets++;
    if (trace === undefined) this.ops.push(opOf(KIND.tell, this.patternIndex(pattern)), data);
    else this.ops.push(opOf(KIND.tracedTell, this.patternIndex(pattern)), data, trace);
  }

  ask(correlation: number, pattern: string, data: unknown, trace: string | undefined): void {
    this.packets++;
    if (trace === undefined) this.ops.push(opOf(KIND.ask, this.patternIndex(pattern)), correlation, data);
    else this.ops.push(opOf(KIND.tracedAsk, this.patternIndex(pattern)), correlation, data, trace);
  }

  reply(correlation: number, data: unknown): void {
    this.packets++;
    this.ops.push(KIND.reply, correlation, data);
  }

  failure(correlation: number, failure: Failure): void {
    this.packets++;
    this.ops.push(KIND.failure, correlation, failure);
  }

  refusal(correlation: number): void {
    this.packets++;
    this.ops.push(KIND.refusal, correlation);
  }

  announcement(announcement: Announcement): void {
    this.packets++;
    this.ops.push(KIND.announcement, announcement);
  }

  /** Empties this box into a fresh one. */
  take(): Outbox {
    const taken = new Outbox(this.address);
    taken.ops = this.ops;
    taken.patterns = this.patterns;
    taken.packets = this.packets;
    taken.forIncarnation = this.forIncarnation;
    this.clear();
    return taken;
  }

  clear(): void {
    this.ops = [];
    this.patterns = [];
    this.packets = 0;
    this.forIncarnation = '';
  }

  /** Two boxes with the same packets in the same order; only for boxes of at least two packets. */
  halves(): readonly [Outbox, Outbox] {
    const head = this.packets >> 1;
    let cut = 0;
    for (let i = 0; i < head; i++) cut += lengthOf(this.ops[cut] as number);
    return [this.part(this.ops.slice(0, cut), head), this.part(this.ops.slice(cut), this.packets - head)];
  }

  /** The correlation number of the ask that starts at `at`; undefined where another kind of packet starts. */
  askAt(at: number): number | undefined {
    const kind = kindOf(this.ops[at] as number);
    return kind === KIND.ask || kind === KIND.tracedAsk ? (this.ops[at + 1] as number) : undefined;
  }

  private part(ops: unknown[], packets: number): Outbox {
    const box = new Outbox(this.address);
    box.ops = ops;
    box.patterns = this.patterns;
    box.packets = packets;
    box.forIncarnation = this.forIncarnation;
    return box;
  }

  /** A turn knows a handful of patterns: looking through them beats hashing. */
  private patternIndex(pattern: string): number {
    const index = this.patterns.indexOf(pattern);
    return index >= 0 ? index : this.patterns.push(pattern) - 1;
  }
}
