import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { unpackMultiple } from 'msgpackr';
import { packItems, ITEM_HEADER } from './pack-items.js';
import { bodiesOf, inEntries } from './shared-entries.js';

const body = fc
  .oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 3_000, maxLength: 5_000 }))
  .map((bytes) => Buffer.from(bytes));

/** What a script gets of the one item. */
const stored = (bodies: readonly Buffer[]): Buffer => packItems([bodies]).subarray(2 * ITEM_HEADER);

describe('messages that share an entry', () => {
  it('come out as they went in, none lost, in order', () => {
    fc.assert(
      fc.property(fc.array(body, { maxLength: 100 }), (bodies) => {
        const entries = inEntries(bodies);
        const out = entries.flatMap((entry) =>
          bodiesOf(entry.length === 1 ? (entry[0] as Buffer) : stored(entry), entry.length),
        );
        expect(out).toEqual(bodies);
      }),
    );
  });

  it('are the first alone, then 32 at most, and no more once they have 4 KiB', () => {
    fc.assert(
      fc.property(fc.array(body, { minLength: 1, maxLength: 100 }), (bodies) => {
        const [first, ...others] = inEntries(bodies);
        expect(first).toHaveLength(1);
        for (const entry of others) {
          expect(entry.length).toBeLessThanOrEqual(32);
          expect(Buffer.concat(entry.slice(0, -1)).length).toBeLessThan(4096);
        }
      }),
    );
    expect(inEntries(Array.from({ length: 66 }, () => Buffer.of(1))).map((entry) => entry.length)).toEqual([
      1, 32, 32, 1,
    ]);
    expect(inEntries([])).toEqual([]);
  });

  it('lie there as texts of MessagePack one behind the other', () => {
    expect(unpackMultiple(stored([Buffer.from('a'), Buffer.alloc(0), Buffer.from('bc')]))).toEqual(['a', '', 'bc']);
  });
});
