import type { Clock, TimerHandle } from '#actor';

/** How long a dead peer may keep an ask waiting unnoticed when nothing else is sent to it, ms. */
const EVERY_MS = 250;

/**
 * While asks wait, whoever is to answer them gets an empty frame four times a second: the carrier tells if nobody listens there any more. Without
 * them a process that only waits would learn of a death at the end of the lease.
 */
export class Probes {
  private timer: TimerHandle;

  constructor(
    private readonly clock: Clock,
    /** Probes everybody with asks waiting; false if there was nobody. */
    private readonly probe: () => boolean,
  ) {}

  /** An ask waits. */
  watch(): void {
    this.timer ??= this.clock.setTimeout(() => this.turn(), EVERY_MS);
  }

  clear(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private turn(): void {
    this.timer = undefined;
    if (this.probe()) this.watch();
  }
}
