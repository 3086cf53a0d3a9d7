import { REFUSAL, type OpenReply, type ReadReply, type WireEntry } from '#contract';
import type { AskSink, MeshError } from '#mesh';
import { backoffMs } from '#service';
import { LogCursor } from './log-cursor.js';
import { Outgoing, type Delivery } from './outgoing.js';

/** Entries asked for in one read of the log; the router bounds a page in bytes too. */
export const PAGE_ENTRIES = 200;

const NOTHING: readonly never[] = [];

/** The session that a feed writes for. */
export interface FeedOwner {
  hasRoom(): boolean;
  write(entry: Outgoing): void;
  /** Whether a page may be asked for now; if not, `advance` is called once it may. */
  mayRead(): boolean;
  /** Asks for the page after `after`; its answer comes to the feed as a sink. */
  read(after: number, sink: AskSink<ReadReply>): void;
  /** Calls `advance` soon, in the session's own turn. */
  wake(): void;
  /** Calls `retry` after `ms`, in the session's own turn. */
  retryAfter(ms: number): void;
  /** Everything heard of is written (or no longer so). */
  onCaughtUp(caughtUp: boolean): void;
  /** The log no longer holds what comes next: nothing may be skipped, so the client must resync (PROTOCOL.md §4.6). */
  onLost(reason: string): void;
  /** The log is not this reader's to read any more. */
  onForbidden(): void;
}

/**
 * Brings one log to one socket: the backlog in pages at the pace of the socket, then what arrives live; back to reading when a gap shows or
 * the socket does not keep up. In order and without gap or repeat, by the rule of `LogCursor`.
 */
export class Feed implements AskSink<ReadReply> {
  readonly resumed: boolean;
  private readonly cursor: LogCursor<Outgoing>;
  private page: readonly WireEntry[] | undefined;
  private position = 0;
  /** Of its reads: one is under way (`asked`), or has failed and waits for its next try (`pausing`). */
  private reading: 'not' | 'asked' | 'pausing' = 'not';
  /** What was known when the read began: only of that can its answer say that it is all. */
  private knownBefore = 0;
  /** Where the read that is under way began. */
  private readAfter = 0;
  private failures = 0;
  /** Something may have been missed unheard: look once, even if nothing is known to be missing. */
  private doubtful = false;

  constructor(
    private readonly owner: FeedOwner,
    opened: OpenReply,
  ) {
    this.resumed = opened.resumed;
    this.cursor = new LogCursor(owned(opened.epoch), opened.cursor, Math.max(opened.cursor, opened.lastMessageId));
    this.page = opened.entries;
  }

  get epoch(): string {
    return this.cursor.epoch;
  }

  get newest(): number {
    return this.cursor.newest;
  }

  /** Holds a page, or waits for one. */
  get loading(): boolean {
    return this.page !== undefined || this.reading === 'asked';
  }

  /** Has something to write or to read that it could not when it was last advanced. */
  get hungry(): boolean {
    return this.reading === 'not' && !this.caughtUp;
  }

  /** Live messages: written if their turn has come, else kept or left to the log. */
  deliver(delivery: Delivery): void {
    // A notice of another life of the log: either it is late, or the data was lost. The log itself knows which.
    if (delivery.newest > 0 && delivery.epoch !== this.epoch) this.doubtful = true;
    else for (const entry of delivery.entries) this.offer(entry);
    this.advance();
  }

  /** Everything up to this one was written by others. Only while it is caught up. */
  served(messageId: number): void {
    this.cursor.moveTo(messageId);
  }

  /** Everything heard of is written. */
  get caughtUp(): boolean {
    return this.reading === 'not' && !this.doubtful && this.cursor.last >= this.cursor.newest;
  }

  /** Messages up to this one were for this session, but their content was not kept. */
  heard(messageId: number): void {
    this.cursor.heard(messageId);
    this.owner.onCaughtUp(this.caughtUp);
  }

  /** Messages may have been missed unheard: looks into the log once. */
  doubt(): void {
    this.doubtful = true;
    this.owner.onCaughtUp(false);
  }

  /** Writes what can be written; reads on when that is all and there is more. */
  advance(): void {
    while (this.owner.hasRoom()) {
      const entry = this.nextOfPage() ?? this.cursor.nextHeld();
      if (entry) this.owner.write(entry);
      else return this.finished();
    }
    this.owner.onCaughtUp(this.caughtUp);
  }

  retry(): void {
    this.reading = 'not';
    this.advance();
  }

  onReply(reply: ReadReply): void {
    this.reading = 'not';
    const { last } = this.cursor;
    if (reply.epoch !== this.epoch) return this.owner.onLost('the log was lost');
    // Written out before it was asked, and not there any more: the engine came back with less than it had. Its next ids are other messages.
    if (reply.lastMessageId < this.readAfter) return this.owner.onLost('the log has lost its end');
    if (reply.firstMessageId > last + 1) return this.owner.onLost('messages were trimmed');
    if (reply.entries.length === 0 && reply.lastMessageId > last) return this.tryAgain();
    this.failures = 0;
    this.cursor.heard(reply.lastMessageId);
    if (reply.entries.length === 0 && this.newest === this.knownBefore) this.cursor.endsAt(last);
    this.page = reply.entries;
    this.position = 0;
    this.owner.wake();
  }

  onError(error: MeshError): void {
    if (error.remoteCode === REFUSAL.forbidden) this.owner.onForbidden();
    else this.tryAgain();
  }

  private offer(entry: Outgoing): void {
    const { owner, cursor } = this;
    if (entry.messageId === 0) return owner.hasRoom() ? owner.write(entry) : undefined;
    // Told again, or another message under its id, in a log that has lost its end: the log knows.
    if (entry.messageId <= cursor.last) this.doubtful = true;
    if (owner.hasRoom() && cursor.take(entry) === 'next') owner.write(entry);
    else cursor.hold(entry);
  }

  private nextOfPage(): Outgoing | undefined {
    const page = this.page ?? NOTHING;
    while (this.position < page.length) {
      const entry = Outgoing.of(page[this.position++]!);
      const turn = this.cursor.take(entry);
      if (turn === 'next') return entry;
      if (turn === 'repeat') continue;
      this.owner.onLost('the log has a gap');
      break;
    }
    this.page = undefined;
    return undefined;
  }

  private finished(): void {
    const wanting = this.reading === 'not' && (this.cursor.behind || this.doubtful);
    if (wanting && this.owner.mayRead()) this.read();
    this.owner.onCaughtUp(this.caughtUp);
  }

  private read(): void {
    this.reading = 'asked';
    // A doubt that comes up from here on is not answered by this read.
    this.doubtful = false;
    this.knownBefore = this.newest;
    this.readAfter = this.cursor.last;
    this.owner.read(this.readAfter, this);
  }

  private tryAgain(): void {
    this.reading = 'pausing';
    this.doubtful = true;
    this.owner.retryAfter(backoffMs(this.failures++));
  }
}

/** A copy of its own: a text unpacked from a frame is a slice that keeps the texts of the whole frame in memory for as long as it lives. */
const owned = (text: string): string => Buffer.from(text).toString();
