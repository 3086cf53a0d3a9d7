import type { Clock, TimerHandle } from './clock.js';
import { Notice } from './notice.js';

class Timer<M> extends Notice<M> {
  handle: TimerHandle = undefined;
  /** Fired, and waiting to be handled. */
  queued = false;

  constructor(
    message: M,
    readonly key: string,
    readonly everyMs: number | undefined,
    private readonly timers: Map<string, Timer<M>>,
  ) {
    super(message);
  }

  override taken(): void {
    this.queued = false;
    if (this.everyMs !== undefined) return;
    this.live = false;
    this.timers.delete(this.key);
  }
}

/** The timers of one actor, by key. A periodic one that fires again before its last message was handled is not queued twice. */
export class Timers<M> {
  private readonly byKey = new Map<string, Timer<M>>();

  constructor(
    private readonly clock: Clock,
    private readonly deliver: (notice: Notice<M>) => void,
  ) {}

  start(key: string, ms: number, message: M, periodic: boolean): void {
    this.cancel(key);
    const timer = new Timer(message, key, periodic ? ms : undefined, this.byKey);
    this.byKey.set(key, timer);
    this.arm(timer, ms);
  }

  cancel(key: string): void {
    const timer = this.byKey.get(key);
    if (timer === undefined) return;
    timer.live = false;
    this.clock.clearTimeout(timer.handle);
    this.byKey.delete(key);
  }

  cancelAll(): void {
    for (const key of this.byKey.keys()) this.cancel(key);
  }

  /** Whether a message that counts as activity is still to come. */
  busy(keepsIdle: ((message: never) => boolean) | undefined): boolean {
    for (const timer of this.byKey.values()) if (!keepsIdle?.(timer.message as never)) return true;
    return false;
  }

  private arm(timer: Timer<M>, ms: number): void {
    timer.handle = this.clock.setTimeout(() => this.fire(timer), ms);
  }

  private fire(timer: Timer<M>): void {
    if (timer.everyMs !== undefined) this.arm(timer, timer.everyMs);
    if (timer.queued) return;
    timer.queued = true;
    this.deliver(timer);
  }
}
