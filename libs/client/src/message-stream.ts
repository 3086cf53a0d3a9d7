import type { MessageEvent } from '#protocol';
import { StreamOverflowError } from './errors.js';

type Result = IteratorResult<MessageEvent, undefined>;
const DONE: Result = { done: true, value: undefined };

/**
 * Messages to be read one by one. What arrives while the reader is busy waits, at most `limit` messages: a WebSocket in a browser cannot
 * be held back, so a reader that falls further behind gets what waits and then StreamOverflowError.
 */
export class MessageStream implements AsyncIterableIterator<MessageEvent, undefined> {
  private readonly queue: MessageEvent[] = [];
  private readonly readers: ((result: Result) => void)[] = [];
  private over = false;
  private error?: Error;

  constructor(
    private readonly limit: number,
    private readonly onReturn: () => void,
  ) {}

  push(message: MessageEvent): void {
    if (this.over) return;
    const reader = this.readers.shift();
    if (reader) reader({ done: false, value: message });
    else if (this.queue.length < this.limit) this.queue.push(message);
    else this.end(new StreamOverflowError(this.limit));
  }

  /** No more messages; what waits can still be read. */
  end(error?: Error): void {
    if (this.over) return;
    this.over = true;
    this.error = error;
    this.onReturn();
    for (const reader of this.readers.splice(0)) reader(DONE);
  }

  next(): Promise<Result> {
    const value = this.queue.shift();
    if (value) return Promise.resolve({ done: false, value });
    if (!this.over) return new Promise((resolve) => this.readers.push(resolve));
    const { error } = this;
    this.error = undefined;
    return error ? Promise.reject(error) : Promise.resolve(DONE);
  }

  return(): Promise<Result> {
    this.queue.length = 0;
    this.end();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
