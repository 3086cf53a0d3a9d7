import type { Directive, Supervision } from './actor.js';

/** An actor that throws is restarted: at once would be 50 ms later, then 100, 200 … 5,000; the eleventh time in a minute it is stopped. */
export const DEFAULT_SUPERVISION: Supervision = {
  decide: () => 'restart',
  maxRestarts: 10,
  withinMs: 60_000,
  backoffMs: 50,
  maxBackoffMs: 5_000,
};

/** What an actor's failure led to. */
export interface Failure {
  /** The actor's path. */
  readonly path: string;
  readonly error: unknown;
  /** What supervision made of it; `ignored` where there is nothing to decide: `stopped()` and `restarting()`. */
  readonly directive: Directive | 'ignored';
}

/** The directive that is carried out: `restart` only within the limit, and a `decide` that throws means `stop`. */
export function decide(supervision: Supervision, error: unknown): Directive {
  try {
    return supervision.decide(error);
  } catch {
    return 'stop';
  }
}

/**
 * The times of the restarts in the window, this one included; undefined when it would be one too many. A restart counts for
 * `withinMs`.
 */
export function countRestart(
  { maxRestarts, withinMs }: Supervision,
  restarts: readonly number[],
  now: number,
): readonly number[] | undefined {
  const counted = restarts.filter((at) => now - at < withinMs);
  return counted.length < maxRestarts ? [...counted, now] : undefined;
}

/**
 * How long to wait before the `nth` restart in the window (from 1), ms: doubling, capped, and then somewhere in its upper half, so that
 * actors that failed together do not come back together. `random` is in [0, 1).
 */
export function backoff({ backoffMs, maxBackoffMs }: Supervision, nth: number, random: number): number {
  const full = Math.min(maxBackoffMs, backoffMs * 2 ** (nth - 1));
  return full * (0.5 + random / 2);
}
