/** Bad frames are counted over so many ms (PROTOCOL.md §5). */
export const STRIKES_WITHIN_MS = 10_000;

/** Counts the bad frames of one connection in a sliding window: `MAX_BAD_FRAMES` are abuse. Made with the first one: good clients have none. */
export class Strikes {
  private readonly times: number[] = [];

  constructor(private readonly max: number) {}

  /** @returns true when this one is the one too many. */
  add(now: number): boolean {
    this.times.push(now);
    if (this.times.length < this.max) return false;
    return now - this.times.shift()! < STRIKES_WITHIN_MS;
  }
}
