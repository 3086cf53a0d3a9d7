export interface Backoff {
  /** Upper bound of the first wait (ms). */
  readonly baseMs: number;
  /** Upper bound of any wait (ms). */
  readonly maxMs: number;
}

/**
 * Exponential back-off with full jitter: a wait anywhere between 0 and a bound that doubles with each failure, so that clients cut off
 * together do not come back together.
 * @param failures in a row before this wait, from 0
 * @param random in [0, 1)
 */
export const backoff = ({ baseMs, maxMs }: Backoff, failures: number, random: () => number): number =>
  Math.floor(random() * Math.min(maxMs, baseMs * 2 ** failures));
