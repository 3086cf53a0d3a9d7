import type { Clock, TimerHandle } from '#actor';

/** What ends at a time of its own. */
export interface Expiring {
  /** ms since the epoch. Changed only through `Expiries`. */
  expiresAt: number;
  /** Its place in the heap; -1: it is not there. */
  place: number;
}

/** Longest wait of a timer of Node's. */
const LONGEST_MS = 2 ** 31 - 1;
/** So many end in one turn of the event loop; more of them wait for the next, since closing a connection is work. */
const AT_ONCE = 200;

/** Times at which things end, however many, with one timer: a binary heap whose members know their places. */
export class Expiries<T extends Expiring> {
  private readonly heap: T[] = [];
  private timer: TimerHandle = undefined;
  private timerAt = Infinity;

  /** @param expired called once for each member whose time has come; it is no member any more then. */
  constructor(
    private readonly clock: Clock,
    private readonly expired: (member: T) => void,
  ) {}

  get size(): number {
    return this.heap.length;
  }

  /** Enters a member, or gives it another time. */
  set(member: T, expiresAt: number): void {
    member.expiresAt = expiresAt;
    if (member.place < 0) member.place = this.heap.push(member) - 1;
    this.settle(member);
    this.arm();
  }

  delete(member: T): void {
    if (member.place < 0) return;
    this.take(member);
    this.arm();
  }

  stop(): void {
    for (const member of this.heap) member.place = -1;
    this.heap.length = 0;
    this.arm();
  }

  /** One timer, for the first to end; none where nothing is. */
  private arm(): void {
    const at = this.heap[0]?.expiresAt ?? Infinity;
    if (at === this.timerAt) return;
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timerAt = at;
    const ms = Math.min(LONGEST_MS, Math.max(0, at - this.clock.now()));
    this.timer = at === Infinity ? undefined : this.clock.setTimeout(this.check, ms);
  }

  private readonly check = (): void => {
    this.timer = undefined;
    this.timerAt = Infinity;
    const now = this.clock.now();
    for (let n = 0; n < AT_ONCE; n++) {
      const first = this.heap[0];
      if (!first || first.expiresAt > now) break;
      this.take(first);
      this.expired(first);
    }
    this.arm();
  };

  // ------------------------------------------------------------- the heap

  private take(member: T): void {
    const { place } = member;
    member.place = -1;
    const last = this.heap.pop()!;
    if (last === member) return;
    this.put(last, place);
    this.settle(last);
  }

  private put(member: T, place: number): void {
    this.heap[place] = member;
    member.place = place;
  }

  /** Moves it up or down to where it belongs. */
  private settle(member: T): void {
    const { heap } = this;
    let { place } = member;
    for (let up = (place - 1) >> 1; place > 0 && heap[up]!.expiresAt > member.expiresAt; up = (place - 1) >> 1) {
      this.put(heap[up]!, place);
      place = up;
    }
    for (let down = this.earlier(place); down && down.expiresAt < member.expiresAt; down = this.earlier(place)) {
      const next = down.place;
      this.put(down, place);
      place = next;
    }
    this.put(member, place);
  }

  /** The earlier of the two below. */
  private earlier(place: number): T | undefined {
    const left = this.heap[2 * place + 1];
    const right = this.heap[2 * place + 2];
    return right && right.expiresAt < left!.expiresAt ? right : left;
  }
}
