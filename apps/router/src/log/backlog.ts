import { Injectable } from '@nestjs/common';

/** Bytes of message bodies that may wait in all mailboxes of a router together. */
const MOST_BYTES = 128 * 1024 * 1024;

/**
 * Mailboxes are bounded in messages; this bounds what those messages weigh, so that large ones for many recipients cannot take the process's
 * memory.
 */
@Injectable()
export class Backlog {
  private waiting = 0;

  /** Bytes that wait now. */
  get bytes(): number {
    return this.waiting;
  }

  /** False: too much waits already; nothing was counted. */
  admit(bytes: number): boolean {
    if (this.waiting + bytes > MOST_BYTES) return false;
    this.waiting += bytes;
    return true;
  }

  /** Counts what has to wait on, come what may. */
  hold(bytes: number): void {
    this.waiting += bytes;
  }

  /** They have been answered. */
  release(bytes: number): void {
    this.waiting -= bytes;
  }
}
