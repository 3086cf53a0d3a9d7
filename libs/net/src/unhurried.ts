import type { Writable } from 'node:stream';
import { handleOf, type Handle } from './handle.js';

/** Answers may wait as long to be read, ms. */
export const LONGEST_MS = 20;

/**
 * Reads what a connection answers once in a while rather than as it comes. That so and so many heard a frame is worth knowing, but nobody waits for
 * it: read at once it wakes the sender once more for every frame. What is written is not put off.
 *
 * `pause()` of a socket would not do: it goes on reading, into its buffer. Where the handle is not to be had, and over TLS, answers are read as they
 * come.
 */
export class UnhurriedReading {
  private waiting = false;

  /** Something was asked on this stream whose answer can wait. */
  defer(stream: Writable | undefined): void {
    if (this.waiting) return;
    const handle = handleOf(stream);
    if (!handle) return;
    this.waiting = true;
    handle.readStop();
    setTimeout(() => this.read(handle), LONGEST_MS);
  }

  /** Not put off again before the event loop has looked for answers: between its timers and its immediates. */
  private read(handle: Handle): void {
    handle.readStart();
    setImmediate(() => {
      this.waiting = false;
    });
  }
}
