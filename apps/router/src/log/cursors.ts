import type { AckNotice } from '#contract';

/**
 * Cursors of one user's devices that wait to be saved. Acks are cumulative, so of many for one device only the highest is left: what
 * waits is bounded by devices, not by messages. Cursors of different lives of the log are kept apart, since their ids do not compare.
 */
export class Cursors {
  private readonly waiting = new Map<string, AckNotice>();

  get size(): number {
    return this.waiting.size;
  }

  /** A device has got (or read) all up to `messageId`. */
  note(ack: AckNotice): void {
    const key = `${ack.epoch} ${ack.device ?? ''}`;
    const known = this.waiting.get(key);
    if (!known || known.messageId < ack.messageId) this.waiting.set(key, ack);
  }

  /** Takes one out, to save it; undefined when none waits. Put it back with `note` if that failed: a higher one noted meanwhile wins. */
  take(): AckNotice | undefined {
    const next = this.waiting.entries().next();
    if (next.done) return undefined;
    this.waiting.delete(next.value[0]);
    return next.value[1];
  }
}
