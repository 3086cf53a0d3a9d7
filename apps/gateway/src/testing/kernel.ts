import { Writable } from 'node:stream';

/** A stream of which the test is the kernel: it takes each write at once, or when it is told to. */
export class Kernel extends Writable {
  /** Chunks of each write. */
  readonly writes: string[][] = [];
  holding = false;
  private done: ((error?: Error) => void) | undefined;

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error) => void): void {
    this.writes.push(chunks.map(({ chunk }) => chunk.toString()));
    if (this.holding) this.done = done;
    else done();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this._writev([{ chunk }], done);
  }

  /** Takes what it has been given. */
  async take(error?: Error): Promise<void> {
    const { done } = this;
    this.done = undefined;
    done?.(error);
    await turn();
  }
}

/** All that is to be written at the end of this turn is. */
export const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
