import { describe, expect, test } from '@jest/globals';
import { Insistence, REFUSALS_MAX, SECONDS_MAX, SOME } from './insistence.js';

const NOW = 1_700_000_000_000;

/** Refuses `each` times in each of the seconds; @returns the index of the second and of the refusal in it that was the one too many. */
function refuse(seconds: readonly number[], each: number): string | undefined {
  const insistence = new Insistence();
  for (const second of seconds)
    for (let n = 1; n <= each; n++) if (insistence.add(NOW + second * 1_000 + (n % 1_000))) return `${second}:${n}`;
  return undefined;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('a client that goes on after it was told to wait', () => {
  test.each([
    ['999 at once', [0], REFUSALS_MAX - 1, undefined],
    ['1,000 at once', [0], REFUSALS_MAX, `0:${REFUSALS_MAX}`],
    ['500 twice within ten seconds', [0, 9], REFUSALS_MAX / 2, `9:${REFUSALS_MAX / 2}`],
    ['500 twice, ten seconds apart', [0, 10], REFUSALS_MAX / 2, undefined],
    ['ten in each of nine seconds', upTo(SECONDS_MAX - 1), SOME, undefined],
    ['ten in each of ten seconds', upTo(SECONDS_MAX), SOME, `9:${SOME}`],
    ['nine in each second for an hour', upTo(3_600), SOME - 1, undefined],
    ['nine seconds, one of quiet, nine seconds', [...upTo(9), ...upTo(9).map((n) => n + 10)], SOME, undefined],
    ['now and then for an hour', upTo(3_600).filter((n) => n % 5 > 0), SOME, undefined],
    ['once a day', upTo(10).map((n) => n * 86_400), SOME, undefined],
  ])('%s', (_what, seconds, each, expected) => {
    expect(refuse(seconds, each)).toBe(expected);
  });
});
