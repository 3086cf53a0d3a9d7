import type { Clock, TimerHandle } from '#actor';

/**
 * One deadline for each member, one timer for all: since all have the same time, whoever came first is due first. For what few connections
 * wait for at a time (to register, to drain).
 */
export class Deadlines<T> {
  /** In the order of their deadlines, since a Map keeps the order of insertion. */
  private readonly due = new Map<T, number>();
  private timer: TimerHandle = undefined;

  /** @param expired called once for each member whose time is up; it is no member any more then. */
  constructor(
    private readonly clock: Clock,
    private readonly ms: number,
    private readonly expired: (member: T) => void,
  ) {}

  get size(): number {
    return this.due.size;
  }

  /** Starts the member's time; anew, if it was running. */
  start(member: T): void {
    this.due.delete(member);
    this.due.set(member, this.clock.now() + this.ms);
    this.timer ??= this.clock.setTimeout(this.check, this.ms);
  }

  cancel(member: T): void {
    this.due.delete(member);
    if (this.due.size === 0) this.stop();
  }

  stop(): void {
    this.due.clear();
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private readonly check = (): void => {
    this.timer = undefined;
    const now = this.clock.now();
    for (const [member, at] of this.due) {
      if (at > now) {
        this.timer ??= this.clock.setTimeout(this.check, at - now);
        return;
      }
      this.due.delete(member);
      this.expired(member);
    }
  };
}
