import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { jsonCodec } from '#protocol';
import { eventually } from '#testing';
import type { Encodable } from '../dispatch/session.js';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import type { Watcher } from './watched.js';
import { Watches } from './watches.js';

/** A session whose socket the test opens and shuts. */
class SlowWatcher implements Watcher {
  closed = false;
  room = true;
  readonly told: string[] = [];

  tell(event: Encodable): boolean {
    if (this.room) this.told.push(event.frame(jsonCodec).subarray(2).toString());
    return this.room;
  }
}

describe('a watcher that does not keep up', () => {
  let gateway: GatewayUnderTest;
  beforeEach(async () => {
    gateway = await GatewayUnderTest.start();
  });
  afterEach(() => gateway.stop());

  test('is told the newest status of each user once it can be, and only that', async () => {
    const watches = gateway.get(Watches);
    await eventually(() => expect(watches.owner('bob')).toBeDefined());
    const slow = new SlowWatcher();
    const quick = new SlowWatcher();
    for (const watcher of [slow, quick]) await watches.watch(watcher, ['bob', 'carol']);
    slow.room = false;
    for (const status of ['online', 'away', 'offline'] as const)
      for (const userId of ['bob', 'carol']) watches.learn(gateway.backend.watchers.set(userId, status));
    expect([slow.told.length, quick.told.length]).toEqual([0, 6]);
    watches.catchUp(slow);
    expect(slow.told).toEqual([]);
    slow.room = true;
    watches.catchUp(slow);
    watches.catchUp(slow);
    expect(slow.told.toSorted()).toEqual([
      '{"type":"presence","userId":"bob","status":"offline"}',
      '{"type":"presence","userId":"carol","status":"offline"}',
    ]);
    for (const watcher of [slow, quick]) watches.end(watcher);
    expect([watches.size, watches.watchers]).toEqual([0, 0]);
  });
});
