import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 100;
const LONGEST_MS = 5_000;

export interface Retry {
  /** Ends the retries: `retrying` then rejects with its reason. */
  readonly signal: AbortSignal;
  /** Called for each failure that is to be retried; throws what is not. */
  readonly onFailure: (error: unknown, retryInMs: number) => void;
  /** Longest wait between two attempts, ms; default 5,000. */
  readonly longestMs?: number;
}

/** Exponential, with jitter so that a fleet does not come back in step: between half of the step and the whole. */
export function backoffMs(attempt: number, random: () => number = Math.random, longestMs = LONGEST_MS): number {
  return Math.round(Math.min(longestMs, FIRST_MS * 2 ** attempt) * (0.5 + random() / 2));
}

/** Repeats `attempt` until it succeeds. */
export async function retrying(
  attempt: () => Promise<unknown>,
  { signal, onFailure, longestMs }: Retry,
): Promise<void> {
  for (let n = 0; ; n++) {
    signal.throwIfAborted();
    try {
      await attempt();
      return;
    } catch (error) {
      const waitMs = backoffMs(n, Math.random, longestMs);
      onFailure(error, waitMs);
      await sleep(waitMs, undefined, { signal });
    }
  }
}
