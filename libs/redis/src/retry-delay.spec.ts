import { expect, test } from '@jest/globals';
import { retryDelayMs } from './retry-delay.js';

test('doubles up to two seconds, half of it by chance, and never ends', () => {
  const least = [1, 2, 3, 4, 8, 1_000_000].map((attempt) => retryDelayMs(attempt, () => 0));
  const most = [1, 2, 3, 4, 8, 1_000_000].map((attempt) => retryDelayMs(attempt, () => 1));
  expect(most).toEqual([50, 100, 200, 400, 2_000, 2_000]);
  expect(least).toEqual([25, 50, 100, 200, 1_000, 1_000]);
});
