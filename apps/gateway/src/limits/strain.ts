/** How this process fares. */
export interface Strain {
  /** How late the event loop is, again and again, ms. */
  readonly lagMs: number;
  /** What is in use of the memory that is shortest, percent. */
  readonly memoryPercent: number;
}

/** From which strain on it is too much. */
export interface StrainLimits {
  /** 0: never. */
  readonly lagMs: number;
  /** 100: never. */
  readonly memoryPercent: number;
}

/** What is over is over when no more than so much of the limit is left: in between, refusals would come and go. */
const RECOVERED = { lag: 0.5, memory: 0.9 };

/** Whether it is too much now, after it `was` too much or not. */
export function isOverloaded(was: boolean, { lagMs, memoryPercent }: Strain, limits: StrainLimits): boolean {
  const lagMost = limits.lagMs * (was ? RECOVERED.lag : 1);
  const memoryMost = limits.memoryPercent * (was ? RECOVERED.memory : 1);
  const late = limits.lagMs > 0 && lagMs >= lagMost;
  const short = limits.memoryPercent < 100 && memoryPercent >= memoryMost;
  return late || short;
}

/** So many looks in a row must find the event loop late: one long garbage collection, or a laptop's sleep, is no overload. */
const LOOKS = 3;

/** The lateness of the last few looks. */
export class Lateness {
  private readonly last: number[] = [];

  add(ms: number): void {
    this.last.push(ms);
    if (this.last.length > LOOKS) this.last.shift();
  }

  /** What all of the last looks had at least. */
  get ms(): number {
    return this.last.length < LOOKS ? 0 : Math.min(...this.last);
  }
}
