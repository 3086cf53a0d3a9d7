import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Ring, RingPool } from './mailbox.js';

type Step = { readonly do: 'push' | 'shift' | 'takeAll' } | { readonly do: 'unshiftAll'; readonly count: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ do: 'push' } as const) },
  { weight: 4, arbitrary: fc.constant({ do: 'shift' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'takeAll' } as const) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('unshiftAll' as const), count: fc.integer({ min: 0, max: 20 }) }),
  },
);

describe('a ring', () => {
  it('is a queue, however it wraps and grows', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const ring = new Ring<number>();
        const model: number[] = [];
        let next = 0;
        for (const one of steps) {
          if (one.do === 'push') {
            model.push(next);
            ring.push(next++);
          } else if (one.do === 'takeAll') expect(ring.takeAll()).toEqual(model.splice(0));
          else if (one.do === 'unshiftAll') {
            const items = Array.from({ length: one.count }, () => next++);
            model.unshift(...items);
            ring.unshiftAll(items);
          } else if (model.length > 0) expect(ring.shift()).toBe(model.shift());
          expect(ring.length).toBe(model.length);
        }
        expect(ring.takeAll()).toEqual(model);
      }),
    );
  });
});

describe('a pool of rings', () => {
  it('lends again what was given back last', () => {
    const pool = new RingPool<number>();
    const [first, second] = [pool.lend(), pool.lend()];
    pool.giveBack(first);
    pool.giveBack(second);
    expect(pool.lend()).toBe(second);
    expect(pool.lend()).toBe(first);
    expect(pool.lend()).not.toBe(first);
  });

  it('keeps no ring that one great burst has grown', () => {
    const pool = new RingPool<number>();
    const ring = pool.lend();
    for (let i = 0; i < 10_000; i++) ring.push(i);
    ring.takeAll();
    pool.giveBack(ring);
    expect(pool.lend()).not.toBe(ring);
  });
});
