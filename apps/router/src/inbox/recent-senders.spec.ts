import { describe, expect, test } from '@jest/globals';
import { RecentSenders } from './recent-senders.js';

const remembered = (recent: RecentSenders, epoch: string, from: number): (string | undefined)[] => {
  const found: (string | undefined)[] = [];
  for (let id = recent.from(epoch, from); id !== undefined; id += 1) {
    const sender = recent.of(id);
    if (sender === false) break;
    found.push(sender);
  }
  return found;
};

describe('recent senders', () => {
  test('are known by the ids of what they sent; those without an id of their own by nothing', () => {
    const recent = new RecentSenders();
    recent.note('e', 7, 'alice');
    recent.note('e', 8, undefined);
    recent.note('e', 9, 'carol');
    expect(remembered(recent, 'e', 1)).toEqual(['alice', undefined, 'carol']);
    expect(recent.from('e', 1)).toBe(7);
    expect(recent.from('e', 9)).toBe(9);
    expect(recent.from('e', 10)).toBeUndefined();
  });

  test('of another life of the log are not mixed up with these', () => {
    const recent = new RecentSenders();
    recent.note('old', 1, 'alice');
    recent.note('new', 2, 'carol');
    expect(recent.from('old', 1)).toBeUndefined();
    expect(remembered(recent, 'new', 1)).toEqual(['carol']);
  });

  test('before a gap, where another router stored something, are forgotten', () => {
    const recent = new RecentSenders();
    recent.note('e', 1, 'alice');
    recent.note('e', 3, 'carol');
    expect(recent.from('e', 1)).toBe(3);
    expect(recent.of(3)).toBe('carol');
  });

  test('are bounded: the newest stay', () => {
    const recent = new RecentSenders();
    for (let id = 1; id <= 10_000; id++) recent.note('e', id, `u${id}`);
    expect(recent.from('e', 1)).toBeGreaterThan(10_000 - 512);
    expect(remembered(recent, 'e', 9_999)).toEqual(['u9999', 'u10000']);
  });
});
