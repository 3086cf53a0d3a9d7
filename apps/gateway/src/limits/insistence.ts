/** So many refusals within ten seconds are abuse, … */
export const REFUSALS_MAX = 1_000;
/** … and so are some in each of so many seconds on end: … */
export const SECONDS_MAX = 10;
/** … so many. A client that adapts is refused now and then, when it tries whether it may go faster. */
export const SOME = 10;

/**
 * A client that goes on after it was told to wait: refusals of one connection, counted by second. Made with the first one.
 */
export class Insistence {
  private readonly counts = new Uint16Array(SECONDS_MAX);
  private second = 0;

  /** @returns true when this refusal is the one too many. */
  add(now: number): boolean {
    this.turnTo(Math.floor(now / 1_000));
    const place = this.second % SECONDS_MAX;
    this.counts[place] = (this.counts[place] ?? 0) + 1;
    return (
      this.counts.every((count) => count >= SOME) || this.counts.reduce((sum, count) => sum + count) >= REFUSALS_MAX
    );
  }

  /** Forgets the seconds that are more than nine before this one. */
  private turnTo(second: number): void {
    if (second - this.second >= SECONDS_MAX) this.counts.fill(0);
    else for (let old = this.second + 1; old <= second; old++) this.counts[old % SECONDS_MAX] = 0;
    this.second = Math.max(this.second, second);
  }
}
