import { describe, expect, test } from '@jest/globals';
import type { Membership } from '#engine';
import { listing } from './listing.js';

const of = (conversation: string, lastMessageId = 0, read = 0): Membership => ({
  conversation,
  lastMessageId,
  read,
  timestamp: 0,
});
const ALL = ['a', 'b', 'c', 'd', 'e'].map((name) => of(name));
const page = (limit: number, after?: string): string[] =>
  listing(ALL, { userId: 'u', limit, ...(after === undefined ? {} : { after }) }).map(
    ({ conversation }) => conversation,
  );

describe('a list of conversations', () => {
  test('says how much is unread', () => {
    expect(listing([of('a', 7, 3), of('b', 2, 2)], { userId: 'u', limit: 10 })).toEqual([
      { conversation: 'a', lastMessageId: 7, read: 3, unread: 4 },
      { conversation: 'b', lastMessageId: 2, read: 2, unread: 0 },
    ]);
  });

  test('goes on after the last of the page before', () => {
    expect([page(2), page(2, 'b'), page(2, 'd'), page(2, 'e')]).toEqual([['a', 'b'], ['c', 'd'], ['e'], []]);
  });

  test('begins anew after one that was left', () => {
    expect(page(2, 'gone')).toEqual(['a', 'b']);
  });

  test('has at least one and at most 500 in a page', () => {
    expect(page(0)).toEqual(['a']);
    const many = Array.from({ length: 600 }, (_, i) => of(`c${i}`));
    expect(listing(many, { userId: 'u', limit: 10_000 })).toHaveLength(500);
  });
});
