import { describe, expect, test } from '@jest/globals';
import { isCursor, isIdempotencyKey, isIdentifier, isRef, mayReconnect } from '../index.js';

describe('identifiers', () => {
  test.each(['a', 'alice', '42', 'a b', 'ünï', '用户', 'a:{b}*', 'x'.repeat(128), '😀'.repeat(128)])(
    '%j is one',
    (value) => {
      expect(isIdentifier(value)).toBe(true);
    },
  );

  test.each([
    '',
    'x'.repeat(129),
    '😀'.repeat(129),
    'a\nb',
    '\u0000',
    '\u007f',
    '\u0085',
    'a\ud800',
    '\udc00',
    7,
    null,
    undefined,
    {},
    ['a'],
  ])('%j is none', (value) => expect(isIdentifier(value)).toBe(false));
});

describe("a sender's message id", () => {
  test('is 1 to 64 characters', () => {
    for (const good of ['a', 'x'.repeat(64), '😀'.repeat(64)]) expect(isIdempotencyKey(good)).toBe(true);
    for (const bad of ['', 'x'.repeat(65), '😀'.repeat(65), 'a\ud800', 1, null])
      expect(isIdempotencyKey(bad)).toBe(false);
  });
});

describe('refs and cursors', () => {
  test('a ref is a short string or an exact number', () => {
    for (const good of ['', 'a', 0, -1.5, 2 ** 53 - 1]) expect(isRef(good)).toBe(true);
    for (const bad of [2 ** 53, Number.NaN, Infinity, null, undefined, true, {}]) expect(isRef(bad)).toBe(false);
  });

  test('a cursor is a whole number from 0 below 2^53', () => {
    for (const good of [0, 1, 2 ** 53 - 1]) expect(isCursor(good)).toBe(true);
    for (const bad of [-1, 0.5, 2 ** 53, Number.NaN, '1', null]) expect(isCursor(bad)).toBe(false);
  });
});

describe('close codes', () => {
  test('tell whether to come back', () => {
    for (const code of [1001, 1005, 1006, 1011, 1012, 4000, 4001, 4002, 4003, 4004, 4499])
      expect(mayReconnect(code)).toBe(true);
    for (const code of [1000, 1009, 4500, 4501, 4502, 4504, 4999]) expect(mayReconnect(code)).toBe(false);
  });
});
