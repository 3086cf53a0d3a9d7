import { expect, test } from '@jest/globals';
import { STRIKES_WITHIN_MS, Strikes } from './strikes.js';

const STRIKES_MAX = 20;

test('20 bad frames within 10 s are too many, 20 over a longer time are not', () => {
  const quick = new Strikes(STRIKES_MAX);
  for (let i = 1; i < STRIKES_MAX; i++) expect(quick.add(1_000 + i)).toBe(false);
  expect(quick.add(1_100)).toBe(true);
  const slow = new Strikes(STRIKES_MAX);
  const step = STRIKES_WITHIN_MS / (STRIKES_MAX - 1);
  for (let i = 0; i < 100; i++) expect(slow.add(Math.ceil(i * step))).toBe(false);
});
