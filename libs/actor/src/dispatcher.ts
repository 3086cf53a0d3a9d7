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
 */
export class Dispatcher {
  private readonly queue = new Ring<Runnable>();
  private scheduled = false;

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

  private readonly drain = (): void => {
    try {
      this.runUntil(this.clock.now() + this.budgetMs);
    } finally {
      this.scheduled = this.queue.length > 0;
      if (this.scheduled) this.schedule(this.drain);
    }
  };

  private runUntil(deadline: number): void {
    const { queue, clock } = this;
    let unseen = 0;
    while (queue.length > 0) {
      unseen += queue.shift().run(FAIR_SLICE);
      if (unseen < MESSAGES_PER_LOOK) continue;
      unseen = 0;
      if (clock.now() >= deadline) return;
    }
  }
}
