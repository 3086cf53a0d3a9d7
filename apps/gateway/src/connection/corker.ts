/** A writer that gathers what it is given until the end of the event loop's turn. */
export interface Corked {
  flush(): void;
}

/** Writes of one turn to one socket leave in one system call: remembers who has something to send and flushes all of them once, when the turn ends. */
export class Corker {
  private waiting: Corked[] = [];

  add(writer: Corked): void {
    if (this.waiting.push(writer) === 1) setImmediate(this.flush);
  }

  private readonly flush = (): void => {
    const { waiting } = this;
    this.waiting = [];
    for (const writer of waiting) writer.flush();
  };
}
