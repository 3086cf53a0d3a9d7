import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { VirtualClock, fcOptions } from '#testing';
import { Expiries, type Expiring } from './expiries.js';

interface Member extends Expiring {
  readonly name: string;
}

const member = (name: string): Member => ({ name, expiresAt: 0, place: -1 });

describe('expiries', () => {
  const make = (onExpired?: (name: string, expiries: Expiries<Member>) => void) => {
    const clock = new VirtualClock(0);
    const expired: string[] = [];
    const expiries: Expiries<Member> = new Expiries<Member>(clock, ({ name }) => {
      expired.push(name);
      onExpired?.(name, expiries);
    });
    return { clock, expired, expiries };
  };

  test('tell of each member at its own time, with one timer for all', () => {
    const { clock, expired, expiries } = make();
    const [a, b, c] = [member('a'), member('b'), member('c')];
    expiries.set(b, 200);
    expiries.set(a, 100);
    expiries.set(c, 300);
    expect(clock.pending).toBe(1);
    clock.advance(99);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual(['a']);
    expiries.set(b, 400);
    clock.advance(200);
    expect(expired).toEqual(['a', 'c']);
    clock.advance(100);
    expect(expired).toEqual(['a', 'c', 'b']);
    expect([clock.pending, expiries.size]).toEqual([0, 0]);
  });

  test('a time that has passed is told of at once, but never within the call', () => {
    const { clock, expired, expiries } = make();
    clock.advance(1_000);
    expiries.set(member('late'), 10);
    expect(expired).toEqual([]);
    clock.advance(0);
    expect(expired).toEqual(['late']);
  });

  test('a time beyond the longest timer of Node is waited for in parts', () => {
    const { clock, expired, expiries } = make();
    const year = 365 * 86_400_000;
    expiries.set(member('a'), year);
    clock.advance(year - 1);
    expect([expired, clock.pending]).toEqual([[], 1]);
    clock.advance(1);
    expect(expired).toEqual(['a']);
  });

  test('many that end at once end in several turns', () => {
    const { clock, expired, expiries } = make();
    for (let n = 0; n < 1_000; n++) expiries.set(member(String(n)), 50);
    let turns = 0;
    const setTimeout = clock.setTimeout.bind(clock);
    clock.setTimeout = (fn, ms) => setTimeout(() => (turns++, fn()), ms);
    clock.advance(50);
    expect(expired).toHaveLength(1_000);
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  test('others may be deleted, and entered again, when one ends', () => {
    const [a, b] = [member('a'), member('b')];
    const { clock, expired, expiries } = make((name, all) => {
      all.delete(b);
      if (name === 'a' && expired.length < 3) all.set(a, clock.now() + 10);
    });
    expiries.set(a, 10);
    expiries.set(b, 10);
    clock.advance(100);
    expect(expired).toEqual(['a', 'a', 'a']);
  });

  test('leave no timer behind when they stop', () => {
    const { clock, expiries } = make();
    const a = member('a');
    expiries.set(a, 10);
    expiries.stop();
    expiries.delete(a);
    expect([clock.pending, expiries.size, a.place]).toEqual([0, 0, -1]);
  });

  test('agree with a plain list, whatever is done to them', () => {
    const step = fc.record({
      do: fc.constantFrom('set', 'set', 'delete', 'advance'),
      who: fc.nat(15),
      ms: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const { clock, expired, expiries } = make();
        const members = Array.from({ length: 16 }, (_, n) => member(String(n)));
        const due = new Map<string, number>();
        for (const { do: what, who, ms } of steps) {
          const one = members[who]!;
          if (what === 'set') {
            expiries.set(one, clock.now() + 1 + ms);
            due.set(one.name, clock.now() + 1 + ms);
          } else if (what === 'delete') {
            expiries.delete(one);
            due.delete(one.name);
          } else {
            expired.length = 0;
            clock.advance(ms);
            const over = [...due].filter(([, at]) => at <= clock.now()).sort(([, x], [, y]) => x - y);
            expect(expired.map((name) => due.get(name))).toEqual(over.map(([, at]) => at));
            expect([...expired].sort()).toEqual(over.map(([name]) => name).sort());
            for (const [name] of over) due.delete(name);
          }
          expect(expiries.size).toBe(due.size);
          expect(clock.pending).toBe(due.size > 0 ? 1 : 0);
        }
      }),
      fcOptions({ numRuns: 300 }),
    );
  });
});
