import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '#testing';
import { Deadlines } from './deadlines.js';

describe('deadlines', () => {
  const make = () => {
    const clock = new VirtualClock();
    const expired: string[] = [];
    return { clock, expired, deadlines: new Deadlines<string>(clock, 1_000, (member) => expired.push(member)) };
  };

  test('tell of each member at its own time, with one timer for all', () => {
    const { clock, expired, deadlines } = make();
    deadlines.start('a');
    clock.advance(400);
    deadlines.start('b');
    expect(clock.pending).toBe(1);
    clock.advance(599);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual(['a']);
    clock.advance(399);
    expect(expired).toEqual(['a']);
    clock.advance(1);
    expect(expired).toEqual(['a', 'b']);
  });

  test('leave no timer behind once nobody waits', () => {
    const { clock, expired, deadlines } = make();
    deadlines.start('a');
    deadlines.cancel('a');
    expect(clock.pending).toBe(0);
    deadlines.start('b');
    clock.advance(1_000);
    expect(expired).toEqual(['b']);
    expect([clock.pending, deadlines.size]).toEqual([0, 0]);
  });

  test('start anew for a member that starts again', () => {
    const { clock, expired, deadlines } = make();
    deadlines.start('a');
    clock.advance(900);
    deadlines.start('a');
    clock.advance(999);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual(['a']);
  });

  test('a member may start again, and others be cancelled, when one expires', () => {
    const clock = new VirtualClock();
    const expired: string[] = [];
    const deadlines: Deadlines<string> = new Deadlines<string>(clock, 100, (member) => {
      expired.push(member);
      deadlines.cancel('b');
      if (expired.length < 3) deadlines.start('a');
    });
    deadlines.start('a');
    deadlines.start('b');
    clock.advance(1_000);
    expect(expired).toEqual(['a', 'a', 'a']);
    expect(clock.pending).toBe(0);
  });
});
