import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '#testing';
import { Wheel } from './wheel.js';

describe('a wheel', () => {
  const make = (turnMs: number) => {
    const clock = new VirtualClock();
    const visits: string[] = [];
    const wheel = new Wheel<string>(clock, turnMs, (members) => visits.push(...members));
    return { clock, visits, wheel };
  };

  test('visits each member once a turn', () => {
    const { clock, visits, wheel } = make(30_000);
    wheel.add('a');
    clock.advance(7_500);
    wheel.add('b');
    clock.advance(22_500);
    expect(visits).toEqual(['a']);
    clock.advance(7_500);
    expect(visits).toEqual(['a', 'b']);
    clock.advance(30_000 * 3);
    expect(visits.filter((v) => v === 'a')).toHaveLength(4);
    expect(visits.filter((v) => v === 'b')).toHaveLength(4);
    expect(wheel.turns).toBe(4);
  });

  test('spreads members over the turn, with one timer for all', () => {
    const { clock, visits, wheel } = make(10_000);
    for (let i = 0; i < 100; i++) {
      wheel.add(String(i));
      clock.advance(100);
    }
    expect(clock.pending).toBe(1);
    visits.length = 0;
    clock.advance(1_000);
    expect(visits).toHaveLength(10);
  });

  test('visits nobody who has left, and leaves no timer when stopped', () => {
    const { clock, visits, wheel } = make(500);
    wheel.add('a');
    wheel.add('b');
    wheel.remove('a');
    clock.advance(500);
    expect(visits).toEqual(['b']);
    expect(wheel.size).toBe(1);
    wheel.stop();
    expect([wheel.size, clock.pending]).toEqual([0, 0]);
  });

  test('members may leave while they are visited', () => {
    const clock = new VirtualClock();
    const wheel: Wheel<string> = new Wheel<string>(clock, 1_000, (members) => {
      for (const member of members) wheel.remove(member);
    });
    for (const name of ['a', 'b', 'c']) wheel.add(name);
    clock.advance(1_000);
    expect(wheel.size).toBe(0);
  });
});
