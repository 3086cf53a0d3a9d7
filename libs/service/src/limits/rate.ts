/**
 * A rate with a burst: the token bucket, as the generic cell rate algorithm has it. Of a bucket nothing is kept but the time (ms) at which it
 * will be full again; one that is full is not kept at all. Pure: state and time are arguments.
 *
 * Within any span of t seconds it admits at most burst + perSecond × t; what rounds, rounds by half a token or a millisecond, whichever is less.
 */
export class Rate {
  /** In which one token comes back. */
  readonly msPerToken: number;
  /** In which an empty bucket fills. */
  readonly burstMs: number;
  /** Times are large numbers, whose sums round. */
  private readonly toleranceMs: number;

  /** @param perSecond above 0. */
  constructor(perSecond: number, burst: number) {
    this.msPerToken = 1_000 / perSecond;
    this.burstMs = burst * this.msPerToken;
    this.toleranceMs = Math.min(1, this.msPerToken / 2);
  }

  /** 0 per second stands for: no limit. */
  static of(perSecond: number, burst: number): Rate | undefined {
    return perSecond > 0 ? new Rate(perSecond, burst) : undefined;
  }

  /** When a bucket that was full at `fullAt` is full again, if it gives `tokens` at `now`. Whether it has them is `waitMs`'s to say. */
  after(fullAt: number, now: number, tokens = 1): number {
    return Math.max(fullAt, now) + tokens * this.msPerToken;
  }

  /** How long until a bucket can be as empty as to be full again at `fullAt`, whole ms; 0: it can be now. */
  waitMs(fullAt: number, now: number): number {
    const ms = fullAt - now - this.burstMs;
    return ms > this.toleranceMs ? Math.ceil(ms) : 0;
  }
}
