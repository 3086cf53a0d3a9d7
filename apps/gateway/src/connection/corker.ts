/** A writer that gathers what it is given until the end of the event loop's turn. */
export interface Corked {
  flush(): void;
}

/** Those that write to others go on for so long, ms, and at least one of them goes; then the event loop has its turn. */
const SLICE_MS = 5;

/** Writes of one turn to one socket leave in one system call: remembers who has something to send and flushes all of them once, when the turn ends. */
export class Corker {
  private first: Corked[] = [];
  private waiting: Corked[] = [];
  private scheduled = false;

  constructor(public sliceMs = SLICE_MS) {}

  add(writer: Corked): void {
    this.waiting.push(writer);
    this.schedule();
  }

  /**
   * One that writes to others: before them, so that what it adds to what they have leaves with it. Where it has to wait for the next turn they do not
   * wait for it, so it cannot count on being the first.
   */
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
    this.flushFirst();
    const { waiting } = this;
    this.waiting = [];
    for (const writer of waiting) writer.flush();
  };

  private flushFirst(): void {
    const { first } = this;
    if (first.length === 0) return;
    this.first = [];
    const until = performance.now() + this.sliceMs;
    let flushed = 0;
    do first[flushed++]!.flush();
    while (flushed < first.length && performance.now() < until);
    if (flushed === first.length) return;
    this.first = [...first.slice(flushed), ...this.first];
    this.schedule();
  }
}
