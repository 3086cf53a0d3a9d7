export interface EventuallyOptions {
  /** Gives up after this many ms and throws what `check` threw last; default 10,000. */
  readonly timeoutMs?: number;
  /** Between two looks, ms; default 10. */
  readonly everyMs?: number;
}

/** Calls `check` until it stops throwing and returns what it returned. The bound is for failing runs only: never a measure of time. */
export async function eventually<T>(check: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 10_000, everyMs = 10 } = options;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    await new Promise((done) => setTimeout(done, everyMs));
  }
}
