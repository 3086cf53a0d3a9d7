import type { Clock } from './clock.js';
import { Ring } from './mailbox.js';

/** Messages that one actor may handle before the next one's turn. */
const FAIR_SLICE = 32;
/** Messages between two looks at the clock. */
const MESSAGES_PER_LOOK = 32;

/** Something that has messages to handle. */
export interface Runnable {
  /** Handles at most `slice` messages and returns how many it did. Puts itself back in the queue if some are left. */
  run(slice: number): number;
}

/** Calls `drain` soon, once, on an empty stack. */
export type Schedule = (drain: () => void) => void;

/**
 * The one run queue of a system. It is drained in one go at the end of the event-loop turn in which the first message was told, so
 * that what one turn brings is handled as one batch; what is told during a drain runs in the same drain. After `budgetMs` a
 * drain lets the event loop do I/O and goes on in the next turn.
 *
 * An async `receive` whose promise settles without I/O goes on in the microtasks after the drain, within the same budget: it need
 * not wait for a turn of the event loop per message. One that did wait for I/O goes on in the drain at the end of the turn that
 * brought it, so that all that this turn brought is one batch again.
 */
export class Dispatcher {
  private readonly queue = new Ring<Runnable>();
  /** A drain is running, or will. */
  private scheduled = false;
  private deadline = 0;
  /** Some runnable of this drain awaits a promise. */
  private awaiting = false;
  /** The microtasks right after a drain are running. */
  private lingering = false;

  constructor(
    private readonly clock: Clock,
    private readonly schedule: Schedule,
    private readonly budgetMs: number,
  ) {}

  /** How many actors have messages to handle. */
  get length(): number {
    return this.queue.length;
  }

  add(runnable: Runnable): void {
    this.queue.push(runnable);
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(this.drain);
  }

  /** What runs now has begun to await a promise. */
  awaits(): void {
    this.awaiting = true;
  }

  /** As `add`, when the promise that the runnable awaited has settled; only on an empty stack. */
  addSettled(runnable: Runnable): void {
    if (this.scheduled || !this.lingering || this.clock.now() >= this.deadline) return this.add(runnable);
    this.queue.push(runnable);
    this.scheduled = true;
    this.runQueue();
  }

  private readonly drain = (): void => {
    this.deadline = this.clock.now() + this.budgetMs;
    this.runQueue();
    if (!this.awaiting || this.lingering) return;
    this.lingering = true;
    // The tick comes after all microtasks, those that they queue included.
    queueMicrotask(() => process.nextTick(this.leave));
  };

  private readonly leave = (): void => {
    this.lingering = false;
    this.awaiting = false;
  };

  private runQueue(): void {
    try {
      this.runUntilDeadline();
    } finally {
      this.scheduled = this.queue.length > 0;
      if (this.scheduled) this.schedule(this.drain);
    }
  }

  private runUntilDeadline(): void {
    const { queue, clock } = this;
    let unseen = 0;
    while (queue.length > 0) {
      unseen += queue.shift().run(FAIR_SLICE);
      if (unseen < MESSAGES_PER_LOOK) continue;
      unseen = 0;
      if (clock.now() >= this.deadline) return;
    }
  }
}
