import { describe, expect, test } from '@jest/globals';
import { asBuffer, batchEnd, storable, type Sendable } from './batch.js';

const send = (bytes: number, more: Partial<Sendable['data']> = {}): Sendable => ({
  data: { from: 'alice', body: new Uint8Array(bytes), ...more },
});
const cut = (sends: readonly Sendable[], limits: { entries: number; bytes: number }): number[] => {
  const sizes: number[] = [];
  for (let from = 0; from < sends.length;) {
    const end = batchEnd(sends, from, limits);
    sizes.push(end - from);
    from = end;
  }
  return sizes;
};

describe('a batch', () => {
  test('holds at most so many entries', () => {
    expect(cut([send(1), send(1), send(1), send(1), send(1)], { entries: 2, bytes: 100 })).toEqual([2, 2, 1]);
  });

  test('holds at most so many bytes', () => {
    expect(cut([send(40), send(60), send(1), send(99)], { entries: 10, bytes: 100 })).toEqual([2, 2]);
  });

  test('is never empty: what is above the limit alone goes alone', () => {
    expect(cut([send(500), send(1), send(500)], { entries: 10, bytes: 100 })).toEqual([1, 1, 1]);
  });
});

describe('what is to be stored', () => {
  test('leaves ephemeral messages out and keys the others by sender and id, if they have one', () => {
    const [plain, keyed] = storable([send(1), send(2, { ephemeral: true }), send(3, { id: 'm-1' })]);
    expect(plain).toEqual({ body: Buffer.alloc(1), author: 'alice' });
    expect(keyed).toEqual({ body: Buffer.alloc(3), author: 'alice', idempotency: { sender: 'alice', id: 'm-1' } });
  });

  test('shares the bytes with what arrived', () => {
    const frame = new Uint8Array([1, 2, 3, 4]);
    const body = asBuffer(frame.subarray(1, 3));
    frame[1] = 9;
    expect([...body]).toEqual([9, 3]);
  });
});
