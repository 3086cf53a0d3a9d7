/** What comes within one turn of the event loop, handled together at its end. */
export class Turn<T> {
  private gathered: T[] = [];

  constructor(private readonly handle: (all: readonly T[]) => void) {}

  add(one: T): void {
    if (this.gathered.push(one) === 1) setImmediate(this.end);
  }

  private readonly end = (): void => {
    const all = this.gathered;
    this.gathered = [];
    this.handle(all);
  };
}
