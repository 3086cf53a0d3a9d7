import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Call, Unanswered } from './unanswered.js';

const PATIENCE_MS = 1_000;

describe('what is not answered', () => {
  let unanswered: Unanswered;
  let silences: number;
  let overdue: string[];
  const ask = (name: string): Call => {
    const call = new Call(() => overdue.push(name));
    unanswered.add(call);
    return call;
  };

  beforeEach(() => {
    jest.useFakeTimers();
    [silences, overdue] = [0, []];
    unanswered = new Unanswered(PATIENCE_MS, () => silences++);
    unanswered.start();
  });
  afterEach(() => {
    unanswered.stop();
    jest.useRealTimers();
  });

  it('is overdue once, in the order of asking, when its time is over', () => {
    ask('a');
    jest.advanceTimersByTime(500);
    ask('b');
    jest.advanceTimersByTime(749);
    expect(overdue).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(overdue).toEqual(['a']);
    jest.advanceTimersByTime(5_000);
    expect(overdue).toEqual(['a', 'b']);
  });

  it.each([
    ['first', 0, [1, 2]],
    ['last', 2, [1, 0]],
    ['in the middle', 1, [0, 2]],
  ])('is not overdue once it was answered: the one %s', (_, answered, rest) => {
    const calls = ['a', 'b', 'c'].map(ask);
    unanswered.remove(calls[answered] as Call);
    jest.advanceTimersByTime(2_000);
    expect(overdue).toEqual(['a', 'b', 'c'].filter((_name, i) => i !== answered));
    for (const i of rest) unanswered.remove(calls[i] as Call);
    ask('d');
    jest.advanceTimersByTime(2_000);
    expect(overdue.at(-1)).toBe('d');
  });

  it('is a silence where the oldest has waited for twice as long, until that is answered', () => {
    const first = ask('a');
    jest.advanceTimersByTime(1_750);
    expect(silences).toBe(0);
    ask('b');
    jest.advanceTimersByTime(500);
    const heard = silences;
    expect(heard).toBeGreaterThan(0);
    unanswered.remove(first);
    jest.advanceTimersByTime(1_000);
    expect(silences).toBe(heard);
  });

  it('may still be answered where it was this process that slept: what came meanwhile is read before the second look', () => {
    const [first] = [ask('a'), ask('b')];
    unanswered.stop();
    jest.advanceTimersByTime(10_000);
    unanswered.start();
    jest.advanceTimersByTime(250);
    expect([overdue, silences]).toEqual([[], 0]);
    unanswered.remove(first);
    jest.advanceTimersByTime(250);
    expect([overdue, silences]).toEqual([['b'], 1]);
  });
});
