import { describe, expect, test } from '@jest/globals';
import { ReceiptsDue } from './receipts-due.js';

const moved = (delivered: readonly [number, number], read: readonly [number, number] = [0, 0]) => ({
  deliveredBefore: delivered[0],
  delivered: delivered[1],
  readBefore: read[0],
  read: read[1],
});
const due = (...steps: readonly ReturnType<typeof moved>[]): unknown[] => {
  const all = new ReceiptsDue();
  for (const step of steps) all.add('e', step);
  return all.take().map(({ status, after, upTo }) => [status, after, upTo]);
};

describe('receipts that are due', () => {
  test('cover what was acknowledged since the last', () => {
    expect(due(moved([2, 5]))).toEqual([['delivered', 2, 5]]);
    expect(due(moved([2, 5]), moved([5, 9]))).toEqual([['delivered', 2, 9]]);
  });

  test('are none where nothing moved', () => {
    expect(due(moved([5, 5], [3, 3]))).toEqual([]);
  });

  test('do not call delivered what they call read', () => {
    expect(due(moved([2, 7], [1, 7]))).toEqual([['read', 1, 7]]);
    expect(due(moved([2, 9]), moved([9, 9], [1, 7]))).toEqual([
      ['read', 1, 7],
      ['delivered', 7, 9],
    ]);
  });

  test('are taken once', () => {
    const all = new ReceiptsDue();
    all.add('e', moved([0, 3]));
    all.take();
    expect(all.take()).toEqual([]);
  });

  test('of another life of the log take the place of those of the old one', () => {
    const all = new ReceiptsDue();
    all.add('old', moved([0, 300]));
    all.add('new', moved([0, 2]));
    expect(all.take()).toEqual([{ epoch: 'new', status: 'delivered', after: 0, upTo: 2 }]);
  });
});
