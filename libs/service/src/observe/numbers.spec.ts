import { expect, test } from '@jest/globals';
import { Metrics } from './metrics.js';
import { Numbers } from './numbers.js';
import { Stats } from './stats.js';

test('what a part counts stands in /stats and in /metrics, read when asked', async () => {
  const stats = new Stats();
  const metrics = new Metrics();
  const numbers = new Numbers('router', stats, metrics);
  let accepted = 1;
  numbers.counter('batchEntries', 'Messages in batches', () => accepted);
  numbers.gauge('inboxes', 'Active now', () => 4);
  accepted = 3;
  expect(stats.snapshot()).toEqual({ router: { batchEntries: 3, inboxes: 4 } });
  await metrics.metrics();
  const text = await metrics.metrics();
  expect(text).toContain(
    '# TYPE switchboard_router_batch_entries_total counter\nswitchboard_router_batch_entries_total 3',
  );
  expect(text).toContain('switchboard_router_inboxes 4');
});
