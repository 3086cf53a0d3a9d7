import { Chain, type Link } from './chain.js';
import type { Clock, TimerHandle } from './clock.js';

/** Idle time is measured in this many steps. */
const STEPS = 8;

/** One that can be passivated. */
export interface Idler extends Link {
  /** The wheel's tick when it was last needed. */
  readonly touched: number;
  /** Asks it to end if it is unused. */
  passivate(): void;
}

/**
 * The passivation of one kind: one timer for all of its actors, none while there are none. The wheel turns eight times in `idleMs`;
 * a message only notes the tick, and an actor is looked at once in `idleMs`: if it was needed since, it moves on to the slot in
 * which it falls due now. It is asked to end after at least `idleMs` without a message, and at most one step later.
 */
export class IdleWheel {
  tick = 0;
  private readonly slots = Array.from({ length: STEPS + 2 }, () => new Chain<Idler>());
  private members = 0;
  private timer: TimerHandle = undefined;

  constructor(
    private readonly clock: Clock,
    /** 0: never. */
    private readonly idleMs: number,
  ) {}

  add(idler: Idler): void {
    if (this.idleMs === 0) return;
    this.place(idler, this.tick + STEPS + 1);
    if (this.members++ === 0) this.arm();
  }

  remove(idler: Idler): void {
    if (this.idleMs === 0) return;
    idler.unlink();
    if (--this.members === 0) this.stop();
  }

  stop(): void {
    this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private arm(): void {
    this.timer = this.clock.setTimeout(() => this.turn(), Math.ceil(this.idleMs / STEPS));
  }

  private turn(): void {
    this.arm();
    const tick = ++this.tick;
    for (const idler of this.slots[tick % this.slots.length]!.all()) {
      const due = idler.touched + STEPS + 1;
      this.place(idler, Math.max(due, tick + 1));
      if (due <= tick) idler.passivate();
    }
  }

  private place(idler: Idler, due: number): void {
    this.slots[due % this.slots.length]!.add(idler);
  }
}
