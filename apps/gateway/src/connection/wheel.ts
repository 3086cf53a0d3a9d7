import type { Clock, TimerHandle } from '#actor';

/** A tick is at least this long, ms: fewer members a tick is worth no more wake-ups than that. */
const TICK_MIN_MS = 1_000;

/**
 * Visits each of its members once a turn with one timer for all of them, spread over the turn so that a gateway with many connections
 * works evenly. A member that joins is first visited a whole turn later, less at most one tick.
 */
export class Wheel<T> {
  private readonly slots: Set<T>[];
  private readonly tickMs: number;
  private timer: TimerHandle = undefined;
  private hand = 0;
  private turned = 0;

  /** @param turnMs time in which every member is visited once. */
  constructor(
    private readonly clock: Clock,
    turnMs: number,
    private readonly visit: (members: ReadonlySet<T>) => void,
  ) {
    const count = Math.max(1, Math.floor(turnMs / TICK_MIN_MS));
    this.tickMs = turnMs / count;
    this.slots = Array.from({ length: count }, () => new Set<T>());
  }

  /** Whole turns so far. */
  get turns(): number {
    return this.turned;
  }

  get size(): number {
    return this.slots.reduce((sum, slot) => sum + slot.size, 0);
  }

  add(member: T): void {
    this.timer ??= this.clock.setTimeout(this.tick, this.tickMs);
    this.slots[this.hand]!.add(member);
  }

  remove(member: T): void {
    for (const slot of this.slots) if (slot.delete(member)) return;
  }

  stop(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    for (const slot of this.slots) slot.clear();
  }

  private readonly tick = (): void => {
    this.timer = this.clock.setTimeout(this.tick, this.tickMs);
    this.hand = (this.hand + 1) % this.slots.length;
    if (this.hand === 0) this.turned++;
    const members = this.slots[this.hand]!;
    if (members.size > 0) this.visit(members);
  };
}
