import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { VirtualClock } from '#testing';
import { Timeouts } from './timeouts.js';

describe('timeouts', () => {
  test('come never early and at most 32 ms late, with one timer for all', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.array(fc.nat(2_000), { minLength: 1, maxLength: 50 }), (start, waits) => {
        const clock = new VirtualClock(1_000_000 + start);
        const begun = clock.now();
        const due: number[] = [];
        const timeouts = new Timeouts(clock, (n) => {
          due.push(n);
          const late = clock.now() - begun - (waits[n] as number);
          expect(late).toBeGreaterThanOrEqual(0);
          expect(late).toBeLessThanOrEqual(32);
        });
        for (const [n, ms] of waits.entries()) timeouts.add(n, ms);
        expect(clock.pending).toBe(1);
        clock.advance(2_100);
        expect(due.toSorted((a, b) => a - b)).toEqual(waits.map((_, n) => n));
        expect(clock.pending).toBe(0);
      }),
    );
  });

  test('come also after a long freeze, in the order in which they were due', () => {
    let now = 0;
    let wake = (): void => undefined;
    const frozen = {
      now: () => now,
      setTimeout: (fn: () => void) => (wake = fn),
      clearTimeout: () => undefined,
    };
    const due: number[] = [];
    const timeouts = new Timeouts(frozen, (n) => void due.push(n));
    for (const [n, ms] of [500, 100, 300].entries()) timeouts.add(n, ms);
    now = 3_600_000;
    wake();
    expect(due).toEqual([1, 2, 0]);
  });

  test('leave no timer behind', () => {
    const clock = new VirtualClock();
    const timeouts = new Timeouts(clock, () => undefined);
    timeouts.add(1, 1_000);
    timeouts.clear();
    expect(clock.pending).toBe(0);
  });
});
