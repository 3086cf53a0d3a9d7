import type { Ask } from './ask.js';

/** A power of two. At 50,000 asks a second it holds those of the last 80 ms. */
const RECENT = 4096;

/**
 * The asks that wait, by their number, in order. Nearly all are answered while they are among the recent ones, which are a
 * ring; whoever waits longer moves to a map.
 *
 * A map alone, from which every answer deletes, would be rehashed again and again. A table that has been replaced keeps pointing at the next one, so
 * once one of them is in the old space of the heap, all that the later ones ever held survives with it until the next full collection.
 */
export class WaitingAsks implements Iterable<Ask> {
  size = 0;
  private readonly recent = Array.from<undefined, Ask | undefined>({ length: RECENT }, () => undefined);
  private readonly overdue = new Map<number, Ask>();
  private newest = 0;

  /** Its number is one more than that of the one before. */
  add(ask: Ask): void {
    const place = placeOf(ask.correlation);
    const before = this.recent[place];
    if (before) this.overdue.set(before.correlation, before);
    this.recent[place] = ask;
    this.newest = ask.correlation;
    this.size++;
  }

  get(correlation: number): Ask | undefined {
    const recent = this.recent[placeOf(correlation)];
    return recent?.correlation === correlation ? recent : this.overdue.get(correlation);
  }

  /** Takes it out; undefined: it does not wait (any more). */
  take(correlation: number): Ask | undefined {
    const place = placeOf(correlation);
    const recent = this.recent[place];
    if (recent?.correlation === correlation) {
      this.recent[place] = undefined;
      this.size--;
      return recent;
    }
    const overdue = this.overdue.get(correlation);
    if (overdue && this.overdue.delete(correlation)) this.size--;
    return overdue;
  }

  /** In the order of their numbers; what is added meanwhile is not among them. */
  *[Symbol.iterator](): Iterator<Ask> {
    const { newest } = this;
    for (const number of Array.from(this.overdue.keys())) {
      const ask = this.overdue.get(number);
      if (ask) yield ask;
    }
    for (let number = Math.max(1, newest - RECENT + 1); number <= newest; number++) {
      const ask = this.get(number);
      if (ask) yield ask;
    }
  }
}

const placeOf = (correlation: number): number => correlation & (RECENT - 1);
