/**
 * Why nobody handled it.
 * - `stopped`: its actor had stopped, or stopped before its turn came.
 * - `late`: the reply to an ask that had been answered, or had timed out.
 */
export type DeadLetterReason = 'stopped' | 'late';

export interface DeadLetter {
  /** The path of the actor that it was for; of the actor asked, where it is a late reply. */
  readonly path: string;
  readonly message: unknown;
  readonly reason: DeadLetterReason;
}

/** Messages that were accepted or told but that nobody will handle: counted, and shown to whoever subscribes. */
export class DeadLetters {
  private readonly listeners = new Set<(letter: DeadLetter) => void>();
  private total = 0;

  /** Since the system's start. */
  get count(): number {
    return this.total;
  }

  /** Returns the call that ends the subscription. */
  subscribe(listener: (letter: DeadLetter) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  add(path: string, message: unknown, reason: DeadLetterReason): void {
    this.total++;
    for (const listener of this.listeners) listener({ path, message, reason });
  }
}
