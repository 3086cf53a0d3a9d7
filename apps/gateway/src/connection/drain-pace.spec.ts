import { expect, test } from '@jest/globals';
import { drainPace } from './drain-pace.js';

test.each([
  ['three go at once, whatever the drain may take', 3, 5_000, 1, { batch: 3, reconnectWithinMs: 1_000 }],
  ['a few hundred go as fast as others take them', 400, 5_000, 1, { batch: 50, reconnectWithinMs: 1_000 }],
  ['many are spread over the whole drain', 20_000, 5_000, 3, { batch: 200, reconnectWithinMs: 1_000 }],
  ['very many come back later still', 100_000, 5_000, 4, { batch: 1_000, reconnectWithinMs: 7_500 }],
  ['later still where few gateways are left', 100_000, 5_000, 1, { batch: 1_000, reconnectWithinMs: 30_000 }],
  ['nobody else there to take them', 10_000, 5_000, 0, { batch: 100, reconnectWithinMs: 1_000 }],
  ['with no time to drain all go at once', 20_000, 0, 1, { batch: 20_000, reconnectWithinMs: 10_000 }],
  ['nobody to dismiss', 0, 5_000, 1, { batch: 1, reconnectWithinMs: 1_000 }],
])('%s', (_, connections, drainMs, others, pace) => {
  expect(drainPace(connections, drainMs, others)).toEqual(pace);
});
