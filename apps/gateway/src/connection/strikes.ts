/** So many bad frames within so many ms are abuse (PROTOCOL.md §5). */
export const STRIKES_MAX = 20;
export const STRIKES_WITHIN_MS = 10_000;

/** Counts the bad frames of one connection in a sliding window. Made with the first one: good clients have none. */
export class Strikes {
  private readonly times: number[] = [];

  /** @returns true when this one is the one too many. */
  add(now: number): boolean {
    this.times.push(now);
    if (this.times.length < STRIKES_MAX) return false;
    return now - this.times.shift()! < STRIKES_WITHIN_MS;
  }
}
