import { describe, expect, it } from '@jest/globals';
import { gateway } from '../contract/harness.js';
import { MemoryGateways } from './memory-gateways.js';

describe('gateways in memory', () => {
  it('do not pile up under keys that nobody asks for', () => {
    let now = 0;
    const gateways = new MemoryGateways(100, () => now);
    for (; now < 100_000; now++) gateways.attach(`user ${now}`, gateway('gateway-01'));
    expect(gateways.size).toBeLessThanOrEqual(101);
  });

  it('are found at the front when they have run out, however often others were refreshed', () => {
    let now = 0;
    const gateways = new MemoryGateways(100, () => now);
    gateways.attach('kept', gateway('gateway-01'));
    gateways.attach('left', gateway('gateway-01'));
    for (; now < 150; now += 50) expect(gateways.extend('kept', gateway('gateway-01'))).toBe(true);
    expect(gateways.size).toBe(1);
    expect(gateways.extend('left', gateway('gateway-01'))).toBe(false);
  });
});
