import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Ask } from './ask.js';
import { WaitingAsks } from './waiting-asks.js';

/** More than are kept as recent. */
const MANY = 10_000;

const ask = (correlation: number) => ({ correlation }) as Ask;
const numbers = (asks: Iterable<Ask>) => Array.from(asks, ({ correlation }) => correlation);
const after = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n);

describe('asks that wait', () => {
  test('are found by their number until they are taken out, once', () => {
    const asks = new WaitingAsks();
    const [one, two] = [ask(1), ask(2)];
    asks.add(one);
    asks.add(two);
    expect([asks.get(1), asks.take(1), asks.take(1), asks.get(1)]).toEqual([one, one, undefined, undefined]);
    expect([asks.size, asks.get(2), asks.get(3)]).toEqual([1, two, undefined]);
  });

  test('however many come behind one that waits for long, it is found, and comes first', () => {
    const asks = new WaitingAsks();
    const slow = ask(1);
    asks.add(slow);
    for (const number of after(2, MANY)) {
      asks.add(ask(number));
      if (number % 2 === 0) asks.take(number);
    }
    expect(asks.size).toBe(1 + MANY / 2);
    expect(numbers(asks)).toEqual([1, ...after(2, MANY).filter((number) => number % 2 === 1)]);
    expect([asks.take(1), asks.take(1), asks.size]).toEqual([slow, undefined, MANY / 2]);
  });

  test.each([2 ** 31 - 3, 2 ** 32 - 3, 2 ** 40 - 3])('numbers may be larger than 32 bits: %d', (first) => {
    const asks = new WaitingAsks();
    const all = after(first, MANY);
    for (const number of all) asks.add(ask(number));
    expect([numbers(asks), all.map((number) => asks.take(number)?.correlation), asks.size]).toEqual([all, all, 0]);
  });

  test('who looks through them may take out and add; what has been taken out is not shown', () => {
    const asks = new WaitingAsks();
    for (const number of after(1, MANY)) asks.add(ask(number));
    const shown: number[] = [];
    let next = MANY;
    for (const { correlation } of asks) {
      shown.push(correlation);
      asks.take(correlation);
      asks.take(correlation + 1);
      asks.add(ask(++next));
    }
    expect(shown).toEqual(after(1, MANY).filter((number) => number % 2 === 1));
    expect(numbers(asks)).toEqual(after(MANY + 1, MANY / 2));
  });

  test('as a map would have them, in the order of their numbers', () => {
    const step = fc.record({
      added: fc.nat({ max: 3_000 }),
      taken: fc.array(fc.nat({ max: MANY }), { maxLength: 200 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const [asks, map] = [new WaitingAsks(), new Map<number, Ask>()];
        let number = 0;
        for (const { added, taken } of steps) {
          for (let n = 0; n < added; n++) {
            const one = ask(++number);
            asks.add(one);
            map.set(number, one);
          }
          for (const one of taken) {
            expect(asks.take(one)).toBe(map.get(one));
            map.delete(one);
          }
          expect(numbers(asks)).toEqual([...map.keys()]);
          expect(asks.size).toBe(map.size);
        }
      }),
      { numRuns: 50 },
    );
  });
});
