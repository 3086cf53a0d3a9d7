import { expect, test } from '@jest/globals';
import { Lateness } from './lateness.js';

test('of the first request of a sender nothing can be said; then the fastest is the measure, however far the clocks are apart', () => {
  const lateness = new Lateness();
  expect(lateness.of('a', 5_000, 100)).toBe(0);
  expect(lateness.of('a', 6_000, 1_090)).toBe(0);
  expect(lateness.of('a', 7_000, 2_300)).toBe(0);
  expect(lateness.of('a', 7_000, 4_090)).toBe(1_997);
  expect(lateness.of('b', 0, 4_090)).toBe(0);
});

test('clocks that run apart are no lateness', () => {
  const lateness = new Lateness();
  lateness.of('a', 0, 0);
  for (let hour = 1; hour <= 24; hour++) expect(lateness.of('a', hour * 3_600_000, hour * 3_601_800)).toBe(0);
});

test('who says nothing of when it asked is not late; who was silent for long is new', () => {
  const lateness = new Lateness();
  expect(lateness.of('a', undefined, 0)).toBe(0);
  lateness.of('a', 0, 0);
  lateness.of('b', 0, 700_000);
  expect(lateness.of('a', 0, 700_000)).toBe(0);
});
