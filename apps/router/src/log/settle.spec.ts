import { describe, expect, test } from '@jest/globals';
import type { Appended } from '#engine';
import type { Sendable } from './batch.js';
import { gatewaysOf, NOTHING_COVERED, settle } from './settle.js';

const stored = (id = ''): Sendable => ({ data: { from: 'alice', id, body: new Uint8Array() } });
const ephemeral: Sendable = { data: { from: 'alice', body: new Uint8Array(), ephemeral: true } };
const fresh = (messageId: number): Appended => ({ messageId, timestamp: 100 + messageId, duplicate: false });
const again = (messageId: number): Appended => ({ messageId, timestamp: 100 + messageId, duplicate: true });
const liveIds = (batch: readonly Sendable[], appended: readonly Appended[], covered = NOTHING_COVERED): number[] =>
  settle(batch, { epoch: 'e', appended }, covered, 7).live.map((entry) => entry.messageId);

describe('settling a batch', () => {
  test('answers each send with what the engine said of it', () => {
    const { replies, duplicates } = settle(
      [stored(), stored(), stored()],
      { epoch: 'e', appended: [fresh(4), again(2), fresh(5)] },
      { epoch: 'e', messageId: 3 },
      7,
    );
    expect(replies).toEqual([fresh(4), again(2), fresh(5)]);
    expect(duplicates).toBe(1);
  });

  test('keeps ephemeral messages in their place among the stored ones, with id 0 and the time given', () => {
    const { replies, live } = settle(
      [ephemeral, stored(), ephemeral, stored()],
      { epoch: 'e', appended: [fresh(1), fresh(2)] },
      NOTHING_COVERED,
      7,
    );
    expect(live.map((entry) => [entry.messageId, entry.timestamp])).toEqual([
      [0, 7],
      [1, 101],
      [0, 7],
      [2, 102],
    ]);
    expect(replies[0]).toEqual({ messageId: 0, timestamp: 7, duplicate: false });
  });

  test('leaves out what was refused, and counts it', () => {
    const refused = { messageId: 0, timestamp: 7, duplicate: false, refused: 'not_member' } as const;
    const outcome = { epoch: 'e', appended: [refused, fresh(1)], strangers: new Set(['alice']) };
    const { replies, live, accepted, refusals } = settle([stored(), stored(), ephemeral], outcome, NOTHING_COVERED, 7);
    expect(replies).toEqual([refused, fresh(1), refused]);
    expect(live.map((entry) => entry.messageId)).toEqual([1]);
    expect([accepted, refusals]).toEqual([1, 2]);
  });

  test('refuses an engine that answers fewer than it was asked', () => {
    expect(() => settle([stored(), stored()], { epoch: 'e', appended: [fresh(1)] }, NOTHING_COVERED, 0)).toThrow(
      '1 of 2',
    );
  });
});

describe('a duplicate', () => {
  const covered = { epoch: 'e', messageId: 5 };

  test('is not delivered again where something at or above it has gone out', () => {
    expect(liveIds([stored(), stored()], [again(5), fresh(6)], covered)).toEqual([6]);
    expect(liveIds([stored(), stored(), stored()], [fresh(6), again(6), again(3)], covered)).toEqual([6]);
  });

  test('is delivered where nobody may have told the live sessions: its first append was stored, its answer lost', () => {
    expect(liveIds([stored(), stored()], [again(6), fresh(7)], covered)).toEqual([6, 7]);
    expect(liveIds([stored()], [again(3)])).toEqual([3]);
  });

  test('of another life of the log is not covered by ids of the old one', () => {
    expect(liveIds([stored()], [again(3)], { epoch: 'old', messageId: 50 })).toEqual([3]);
  });
});

describe('what is covered', () => {
  test('rises with what was delivered and stays as it is for ephemeral messages alone', () => {
    const covered = { epoch: 'e', messageId: 5 };
    const of = (batch: readonly Sendable[], epoch: string, appended: readonly Appended[]) =>
      settle(batch, { epoch, appended }, covered, 0).covered;
    expect(of([stored()], 'e', [fresh(6)])).toEqual({ epoch: 'e', messageId: 6 });
    expect(of([stored()], 'e', [again(2)])).toEqual(covered);
    expect(of([stored()], 'new', [fresh(1)])).toEqual({ epoch: 'new', messageId: 1 });
    expect(of([ephemeral], '', [])).toBe(covered);
  });
});

test('each gateway of some connections is named once', () => {
  expect(gatewaysOf([{ gatewayId: 'b' }, { gatewayId: 'a' }, { gatewayId: 'b' }])).toEqual(['b', 'a']);
});
