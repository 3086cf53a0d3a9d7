/** A writer that gathers what it is given until the end of the event loop's turn. */
export interface Corked {
  flush(): void;
}

/** Writes of one turn to one socket leave in one system call: remembers who has something to send and flushes all of them once, when the turn ends. */
export class Corker {
  private first: Corked[] = [];
  private waiting: Corked[] = [];
  private scheduled = false;

  add(writer: Corked): void {
    this.waiting.push(writer);
    this.schedule();
  }

  /** One that writes to others: before them, so that what it adds to what they have leaves with it. */
  addFirst(writer: Corked): void {
    this.first.push(writer);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.flush);
  }

  private readonly flush = (): void => {
    this.scheduled = false;
    const { first } = this;
    this.first = [];
    for (const writer of first) writer.flush();
    const { waiting } = this;
    this.waiting = [];
    for (const writer of waiting) writer.flush();
  };
}
