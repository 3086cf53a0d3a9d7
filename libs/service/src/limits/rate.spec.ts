import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fcOptions } from '#testing';
import { Rate } from './rate.js';

/** A bucket as its users keep it: one number. */
class Bucket {
  private fullAt = 0;
  constructor(readonly rate: Rate) {}
  /** 0: taken; else how long to wait. */
  take(now: number, tokens = 1): number {
    const fullAt = this.rate.after(this.fullAt, now, tokens);
    const waitMs = this.rate.waitMs(fullAt, now);
    if (waitMs === 0) this.fullAt = fullAt;
    return waitMs;
  }
}

const NOW = 1_700_000_000_000;

/** The different answers to so many calls. */
const times = (count: number, call: (n: number) => number): Set<number> => {
  const answers = new Set<number>();
  for (let n = 0; n < count; n++) answers.add(call(n));
  return answers;
};

describe('a rate with a burst', () => {
  test.each([
    [50, 100],
    [150, 300],
    [2_000, 10_000],
    [1, 1],
    [7, 3],
    [3_333, 7_777],
  ])(
    '%d per second, burst %d: admits the burst at once, then says when the next has room, and not before',
    (rate, burst) => {
      const bucket = new Bucket(new Rate(rate, burst));
      expect(times(burst, () => bucket.take(NOW))).toEqual(new Set([0]));
      const waitMs = bucket.take(NOW);
      expect(waitMs).toBe(Math.ceil(1_000 / rate));
      expect(bucket.take(NOW)).toBe(waitMs);
      expect(bucket.take(NOW + waitMs)).toBe(0);
    },
  );

  test('a pause fills it, but to no more than the burst', () => {
    const bucket = new Bucket(new Rate(10, 5));
    for (let n = 0; n < 5; n++) bucket.take(NOW);
    for (let n = 0; n < 5; n++) expect(bucket.take(NOW + 3_600_000)).toBe(0);
    expect(bucket.take(NOW + 3_600_000)).toBe(100);
  });

  test('a clock that stands still or goes back refills nothing', () => {
    const bucket = new Bucket(new Rate(10, 1));
    expect(bucket.take(NOW)).toBe(0);
    expect(bucket.take(NOW)).toBe(100);
    expect(bucket.take(NOW - 1_000)).toBe(1_100);
  });

  test('no rate is no limit', () => {
    expect(Rate.of(0, 100)).toBeUndefined();
    expect(Rate.of(1, 100)).toBeInstanceOf(Rate);
  });

  const steps = fc.array(fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 200 });
  const rates = fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 5, max: 1_000 }));

  test('in no window does it admit more than burst + rate × t, whatever is asked when', () => {
    fc.assert(
      fc.property(rates, steps, ([perSecond, burst], asked) => {
        const bucket = new Bucket(new Rate(perSecond, burst));
        const taken: [at: number, tokens: number][] = [];
        let now = NOW;
        for (const [ms, tokens] of asked) {
          now += ms;
          if (bucket.take(now, tokens) === 0) taken.push([now, tokens]);
        }
        for (let from = 0; from < taken.length; from++) {
          let sum = 0;
          for (const [at, tokens] of taken.slice(from)) {
            sum += tokens;
            const most = burst + (perSecond * (at - taken[from]![0])) / 1_000;
            expect(sum).toBeLessThanOrEqual(most + 0.5);
          }
        }
      }),
      fcOptions({ numRuns: 200 }),
    );
  });

  test('whoever waits as long as it is told is taken, and a steady client within the rate never hears of it', () => {
    fc.assert(
      fc.property(rates, fc.array(fc.boolean(), { maxLength: 300 }), ([perSecond, burst], waits) => {
        const bucket = new Bucket(new Rate(perSecond, burst));
        let now = NOW;
        for (const patient of waits) {
          const waitMs = bucket.take(now);
          if (waitMs > 0 && patient) expect(bucket.take((now += waitMs))).toBe(0);
        }
        const steady = new Bucket(new Rate(perSecond, burst));
        expect(times(1_000, (n) => steady.take(NOW + (n * 1_000) / perSecond))).toEqual(new Set([0]));
      }),
      fcOptions({ numRuns: 50 }),
    );
  });
});
