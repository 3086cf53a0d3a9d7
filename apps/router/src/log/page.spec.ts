import { describe, expect, test } from '@jest/globals';
import type { OpenResult } from '#engine';
import { resumes } from '#contract';
import { fitting, PAGE_LIMITS, pageLimit, resumed, startedOver } from './page.js';

/** A log that holds 11…20 of the life `e`, opened at `cursor`. */
const opened = (cursor: number, more: Partial<OpenResult> = {}): OpenResult => ({
  epoch: 'e',
  lastMessageId: 20,
  firstMessageId: 11,
  entries: [],
  cursor,
  ...more,
});

describe('a reader goes on where it stopped', () => {
  test.each([
    ['in the middle of what is held', opened(15), 'e'],
    ['right before the oldest held', opened(10), 'e'],
    ['at the newest', opened(20), undefined],
    ['at the beginning of a log never written', opened(0, { firstMessageId: 1, lastMessageId: 0 }), undefined],
    ['at the newest of a log that holds nothing any more', opened(20, { firstMessageId: 21 }), 'e'],
  ])('%s', (_where, page, epoch) => {
    expect(resumes(page, epoch)).toBe(true);
    expect(resumed(page)).toMatchObject({ resumed: true, cursor: page.cursor, lastMessageId: page.lastMessageId });
  });
});

describe('a reader starts over, and is told', () => {
  test.each([
    ['when retention has trimmed past its cursor', opened(9), 'e'],
    ['when its cursor is of another life of the log', opened(15), 'old'],
    ['when the log never reached its cursor', opened(21), undefined],
    ['when all it has not seen was trimmed', opened(19, { firstMessageId: 21 }), 'e'],
  ])('%s', (_why, page, epoch) => {
    expect(resumes(page, epoch)).toBe(false);
    expect(startedOver(page)).toMatchObject({ resumed: false, cursor: page.firstMessageId - 1 });
  });
});

describe('a page', () => {
  test.each([
    [100, 100],
    [0, 1],
    [-3, 1],
    [10_000, PAGE_LIMITS.entries],
  ])('of %p entries asked has at most %p', (asked, limit) => expect(pageLimit(asked)).toBe(limit));

  const entry = (bytes: number) => ({ messageId: 1, timestamp: 0, body: new Uint8Array(bytes) });

  test('ends before the entry that would make it too many bytes, but has one', () => {
    expect(fitting([entry(40), entry(60), entry(1)], 100)).toHaveLength(2);
    expect(fitting([entry(500), entry(1)], 100)).toHaveLength(1);
    const all = [entry(1), entry(1)];
    expect(fitting(all, 100)).toBe(all);
  });
});
