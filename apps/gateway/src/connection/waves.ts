/**
 * What comes often goes in waves: who comes first goes at once, and all that come within the next `everyMs` go together at their end, who comes after them
 * in as many again. So it costs whoever comes alone nothing, and nobody more than `everyMs`.
 *
 * By the process's own timers and no injected clock, as what waits for the end of a turn: it gathers work, it keeps no time.
 */
export class Waves {
  /** The last one went less than `everyMs` ago. */
  private recent = false;
  private next: Promise<void> | undefined;
  private start: () => void = () => undefined;

  constructor(private readonly everyMs: number) {}

  /** Resolves when it goes, in the order of the calls; nothing where that is at once. */
  join(): Promise<void> | undefined {
    if (!this.recent) {
      this.rest();
      return undefined;
    }
    this.next ??= new Promise((start) => {
      this.start = start;
    });
    return this.next;
  }

  private rest(): void {
    this.recent = true;
    setTimeout(this.go, this.everyMs);
  }

  private readonly go = (): void => {
    this.recent = false;
    if (!this.next) return;
    this.next = undefined;
    this.rest();
    this.start();
  };
}
