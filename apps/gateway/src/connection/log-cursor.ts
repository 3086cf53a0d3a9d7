/** What a log hands out, as far as order goes. */
export interface Numbered {
  readonly messageId: number;
  /** Bytes it holds in memory. */
  readonly size: number;
}

/** What may wait in a session for the log to catch up with it; more is dropped, since the log has it all. */
export const HELD_MAX_ENTRIES = 64;
export const HELD_MAX_BYTES = 64 * 1024;

/**
 * One reader's place in one log, and the rule that makes what it sees contiguous (PROTOCOL.md §4.3): an entry is given out only when it is
 * the one after the last. Pure: knows no socket, no mesh, no time.
 *
 * Live entries that cannot go out yet (the backlog is being read, a gap is open, the socket is full) are held while they are few and
 * contiguous. When they are not, they are dropped and only the newest id is remembered: reading the log goes on past it.
 */
export class LogCursor<E extends Numbered> {
  private held: E[] | undefined;
  private heldBytes = 0;

  /**
   * @param epoch of the log; another epoch is another log.
   * @param position the last id given out.
   * @param known the newest id heard of.
   */
  constructor(
    readonly epoch: string,
    private position: number,
    private known: number,
  ) {}

  /** The last id given out. */
  get last(): number {
    return this.position;
  }

  get newest(): number {
    return this.known;
  }

  /** Whether entries exist that were neither given out nor are held in reach: the log must be read after `last`. */
  get behind(): boolean {
    const first = this.held?.[0];
    return this.position < this.known && (first === undefined || first.messageId > this.position + 1);
  }

  /** Something of the log was heard of, without its content. */
  heard(messageId: number): void {
    if (messageId > this.known) this.known = messageId;
  }

  /** The log itself says that it ends here: what was heard of beyond is not to be had. */
  endsAt(messageId: number): void {
    if (this.known > messageId) this.known = Math.max(messageId, this.position);
  }

  /** Entries up to this one were given out by others. */
  moveTo(messageId: number): void {
    this.position = messageId;
    this.heard(messageId);
  }

  /** Gives out `entry` if it is the next one. `repeat`: given out before. `gap`: entries before it are missing. */
  take(entry: E): 'next' | 'repeat' | 'gap' {
    if (entry.messageId <= this.position) return 'repeat';
    if (entry.messageId > this.position + 1) return 'gap';
    this.position = entry.messageId;
    this.heard(entry.messageId);
    return 'next';
  }

  /** Keeps a live entry until its turn, if it fits; remembers in any case that it exists. */
  hold(entry: E): void {
    const newest = this.held?.at(-1)?.messageId;
    const repeat = entry.messageId <= this.position || (newest !== undefined && entry.messageId <= newest);
    this.heard(entry.messageId);
    if (repeat || entry.messageId < this.known) return;
    if (newest !== undefined && entry.messageId !== newest + 1) this.drop();
    this.keep(entry);
  }

  /** The next entry, taken from those held; undefined if it is not among them. */
  nextHeld(): E | undefined {
    const { held } = this;
    if (!held) return undefined;
    let stale = 0;
    while (stale < held.length && held[stale]!.messageId <= this.position) stale++;
    if (stale > 0) this.forget(held, stale);
    const first = this.held?.[0];
    if (!first || this.take(first) !== 'next') return undefined;
    this.forget(held, 1);
    return first;
  }

  private keep(entry: E): void {
    const held = (this.held ??= []);
    if (held.length >= HELD_MAX_ENTRIES || this.heldBytes + entry.size > HELD_MAX_BYTES) return this.drop();
    held.push(entry);
    this.heldBytes += entry.size;
  }

  private forget(held: E[], count: number): void {
    for (const gone of held.splice(0, count)) this.heldBytes -= gone.size;
    if (held.length === 0) this.drop();
  }

  private drop(): void {
    this.held = undefined;
    this.heldBytes = 0;
  }
}
