import { expect, test } from '@jest/globals';
import { Lateness } from './lateness.js';

test('of the first request of a sender nothing can be said; then the fastest is the measure, however far the clocks are apart', () => {
  const lateness = new Lateness();
  expect(lateness.of('a', 5_000, 0, 100)).toBe(0);
  expect(lateness.of('a', 6_000, 0, 1_090)).toBe(0);
  expect(lateness.of('a', 7_000, 0, 2_300)).toBe(0);
  expect(lateness.of('a', 7_000, 0, 4_090)).toBe(1_997);
  expect(lateness.of('b', 0, 0, 4_090)).toBe(0);
});

test('clocks that run apart are no lateness', () => {
  const lateness = new Lateness();
  lateness.of('a', 0, 0, 0);
  for (let hour = 1; hour <= 24; hour++) expect(lateness.of('a', hour * 3_600_000, 0, hour * 3_601_800)).toBe(0);
});

test('who says nothing of when it asked is not late; who was silent for long is new', () => {
  const lateness = new Lateness();
  expect(lateness.of('a', undefined, 0, 0)).toBe(0);
  lateness.of('a', 0, 0, 0);
  lateness.of('b', 0, 0, 700_000);
  expect(lateness.of('a', 0, 0, 700_000)).toBe(0);
});

test('what the sender says that it has waited is lateness, also of one that nothing is known of yet', () => {
  const lateness = new Lateness();
  expect(lateness.of('a', 5_000, 1_300, 100)).toBe(1_300);
  // What is in time after it is in time.
  expect(lateness.of('a', 6_310, 0, 110)).toBe(0);
  // Sent again, and on its way for long besides.
  expect(lateness.of('a', 6_310, 700, 1_510)).toBe(1_399);
});
