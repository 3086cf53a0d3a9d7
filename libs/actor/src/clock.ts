/** A handle of one timer; opaque to whoever holds it. */
export type TimerHandle = unknown;

/**
 * Time as an argument: everything in the kernel (and above it) that reads or waits for time does so
 * through a Clock, so that tests run on a virtual one.
 */
export interface Clock {
  /** Milliseconds since the epoch; never goes back within one process. */
  now(): number;
  /** Calls `fn` once, `ms` milliseconds from now. */
  setTimeout(fn: () => void, ms: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

/** The process's own clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (fn, ms) => setTimeout(fn, ms).unref(),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};
