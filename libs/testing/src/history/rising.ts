import type { Moment } from './history.js';

export interface Telling {
  readonly at: Moment;
  readonly messageId: number;
}

/** The highest id told so far, at any moment: the moments at which it rose. */
export class Rising {
  private readonly steps: Telling[] = [];

  constructor(tellings: Iterable<Telling>) {
    let highest = 0;
    for (const { at, messageId } of [...tellings].sort((a, b) => a.at - b.at)) {
      if (messageId <= highest) continue;
      highest = messageId;
      this.steps.push({ at, messageId });
    }
  }

  /** The highest id told before `moment`; 0: none. */
  before(moment: Moment): number {
    let [low, high] = [0, this.steps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.steps[middle] as Telling).at < moment) low = middle + 1;
      else high = middle;
    }
    return this.steps[low - 1]?.messageId ?? 0;
  }
}
