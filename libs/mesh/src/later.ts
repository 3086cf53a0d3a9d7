/** Things to do in a later turn, all together and in order: one `setImmediate` for many. */
export class Later<T> {
  private items: T[] = [];

  constructor(private readonly handle: (item: T) => void) {}

  push(item: T): void {
    if (this.items.push(item) === 1) setImmediate(() => this.run());
  }

  private run(): void {
    const items = this.items;
    this.items = [];
    for (const item of items) this.handle(item);
  }
}
