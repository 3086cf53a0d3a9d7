import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { HELD_MAX_BYTES, HELD_MAX_ENTRIES, LogCursor } from './log-cursor.js';

const entry = (messageId: number, size = 100) => ({ messageId, size });
const drain = (cursor: LogCursor<{ messageId: number; size: number }>): number[] => {
  const out: number[] = [];
  for (let e = cursor.nextHeld(); e; e = cursor.nextHeld()) out.push(e.messageId);
  return out;
};

describe('a place in a log', () => {
  test('gives out the next entry, drops what was given out, and sees a gap', () => {
    const cursor = new LogCursor('e', 4, 4);
    expect(cursor.take(entry(5))).toBe('next');
    expect(cursor.take(entry(5))).toBe('repeat');
    expect(cursor.take(entry(3))).toBe('repeat');
    expect(cursor.take(entry(7))).toBe('gap');
    expect(cursor.last).toBe(5);
  });

  test('is behind once it has heard of something that it does not hold', () => {
    const cursor = new LogCursor('e', 4, 4);
    expect(cursor.behind).toBe(false);
    cursor.heard(5);
    expect(cursor.behind).toBe(true);
    cursor.take(entry(5));
    expect(cursor.behind).toBe(false);
  });

  test('holds live entries until the log has caught up with them, then gives them out in order', () => {
    const cursor = new LogCursor('e', 0, 3);
    cursor.hold(entry(4));
    cursor.hold(entry(5));
    expect(drain(cursor)).toEqual([]);
    expect(cursor.behind).toBe(true);
    for (const id of [1, 2, 3]) expect(cursor.take(entry(id))).toBe('next');
    expect(cursor.behind).toBe(false);
    expect(drain(cursor)).toEqual([4, 5]);
  });

  test('what the log gave out meanwhile is not given out again from the held ones', () => {
    const cursor = new LogCursor('e', 0, 0);
    cursor.hold(entry(2));
    cursor.hold(entry(3));
    for (const id of [1, 2]) cursor.take(entry(id));
    expect(drain(cursor)).toEqual([3]);
  });

  test('a gap among live entries: the older ones are left to the log', () => {
    const cursor = new LogCursor('e', 0, 0);
    cursor.hold(entry(2));
    cursor.hold(entry(5));
    expect(cursor.newest).toBe(5);
    for (const id of [1, 2, 3, 4]) cursor.take(entry(id));
    expect(drain(cursor)).toEqual([5]);
  });

  test('too many, or too large: dropped, and the log is read past them', () => {
    const many = new LogCursor('e', 0, 0);
    for (let id = 2; id <= HELD_MAX_ENTRIES + 2; id++) many.hold(entry(id));
    many.take(entry(1));
    expect(drain(many)).toEqual([]);
    expect(many.behind).toBe(true);
    const large = new LogCursor('e', 0, 0);
    large.hold(entry(1, HELD_MAX_BYTES + 1));
    expect(drain(large)).toEqual([]);
    expect(large.behind).toBe(true);
  });

  test('repeats and late entries change nothing', () => {
    const cursor = new LogCursor('e', 0, 0);
    cursor.hold(entry(2));
    cursor.hold(entry(3));
    cursor.hold(entry(3));
    cursor.hold(entry(2));
    cursor.take(entry(1));
    expect(drain(cursor)).toEqual([2, 3]);
  });

  test('a log that ends before what was heard of leaves the session caught up', () => {
    const cursor = new LogCursor('e', 4, 9);
    cursor.endsAt(4);
    expect(cursor.behind).toBe(false);
  });

  test('whatever arrives in whatever order, and whenever the log is read: each id once, in order, none missing', () => {
    const step = fc.oneof(
      fc.record({ live: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ heard: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ read: fc.integer({ min: 1, max: 10 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const cursor = new LogCursor<{ messageId: number; size: number }>('e', 0, 0);
        const seen: number[] = [];
        const read = (limit: number): void => {
          const after = cursor.last;
          for (let id = after + 1; id <= Math.min(after + limit, cursor.newest); id++)
            if (cursor.take(entry(id)) === 'next') seen.push(id);
        };
        for (const s of steps) {
          if ('live' in s) cursor.hold(entry(s.live, 7_000));
          else if ('heard' in s) cursor.heard(s.heard);
          else read(s.read);
          seen.push(...drain(cursor));
        }
        while (cursor.behind) {
          read(10);
          seen.push(...drain(cursor));
        }
        expect(seen).toEqual(Array.from({ length: cursor.newest }, (_, i) => i + 1));
      }),
    );
  });
});
