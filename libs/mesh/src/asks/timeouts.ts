import type { Clock, TimerHandle } from '#actor';

/** Width of a slot, ms: no timeout comes early, and none later than this. */
const SLOT_MS = 32;

/**
 * Timeouts by the thousand with one timer: numbers wait in slots of 32 ms. A number that needs no timeout any more just stays until its slot
 * is due; whoever is told must know.
 */
export class Timeouts {
  private readonly slots = new Map<number, number[]>();
  private timer: TimerHandle;

  constructor(
    private readonly clock: Clock,
    private readonly onDue: (number: number) => void,
  ) {}

  add(number: number, ms: number): void {
    const slot = Math.ceil((this.clock.now() + ms) / SLOT_MS);
    const waiting = this.slots.get(slot);
    if (waiting) waiting.push(number);
    else this.slots.set(slot, [number]);
    this.arm();
  }

  clear(): void {
    this.slots.clear();
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private arm(): void {
    if (this.timer !== undefined) return;
    const now = this.clock.now();
    this.timer = this.clock.setTimeout(() => this.turn(), (Math.floor(now / SLOT_MS) + 1) * SLOT_MS - now);
  }

  private turn(): void {
    this.timer = undefined;
    const until = Math.floor(this.clock.now() / SLOT_MS);
    const due = [...this.slots.keys()].filter((slot) => slot <= until).sort((a, b) => a - b);
    for (const slot of due) {
      const numbers = this.slots.get(slot) ?? [];
      this.slots.delete(slot);
      for (const number of numbers) this.onDue(number);
    }
    if (this.slots.size > 0) this.arm();
  }
}
