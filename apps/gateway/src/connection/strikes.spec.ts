import { expect, test } from '@jest/globals';
import { STRIKES_MAX, STRIKES_WITHIN_MS, Strikes } from './strikes.js';

test('20 bad frames within 10 s are too many, 20 over a longer time are not', () => {
  const quick = new Strikes();
  for (let i = 1; i < STRIKES_MAX; i++) expect(quick.add(1_000 + i)).toBe(false);
  expect(quick.add(1_100)).toBe(true);
  const slow = new Strikes();
  const step = STRIKES_WITHIN_MS / (STRIKES_MAX - 1);
  for (let i = 0; i < 100; i++) expect(slow.add(Math.ceil(i * step))).toBe(false);
});
