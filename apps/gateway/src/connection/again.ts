import type { Clock, TimerHandle } from '#actor';

/** What failed is tried again together, a while after the first of it failed. */
export class Again<T> {
  private readonly failed = new Set<T>();
  private timer: TimerHandle = undefined;

  constructor(
    private readonly clock: Clock,
    private readonly afterMs: number,
    private readonly attempt: (failed: readonly T[]) => void,
  ) {}

  add(one: T): void {
    this.failed.add(one);
    // Not in step with others that the same outage has hit.
    this.timer ??= this.clock.setTimeout(this.retry, this.afterMs * (0.75 + Math.random() / 2));
  }

  remove(one: T): void {
    this.failed.delete(one);
    if (this.failed.size === 0) this.stop();
  }

  stop(): void {
    this.failed.clear();
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private readonly retry = (): void => {
    this.timer = undefined;
    const failed = [...this.failed];
    this.failed.clear();
    this.attempt(failed);
  };
}
