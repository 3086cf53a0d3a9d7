import type { Writable } from 'node:stream';

/** What is written to a stream within one turn of the event loop goes out as one write: commands of many users, one system call. */
export class Corker {
  private corked: Writable | undefined;

  /** To be called before each write; `stream` may be another one after a reconnect, or none while there is no connection. */
  cork(stream: Writable | undefined): void {
    if (stream === undefined || this.corked === stream) return;
    if (this.corked === undefined) setImmediate(this.uncork);
    else this.corked.uncork();
    this.corked = stream;
    stream.cork();
  }

  private readonly uncork = (): void => {
    this.corked?.uncork();
    this.corked = undefined;
  };
}
