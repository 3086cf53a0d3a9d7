import { afterEach, describe, expect, test } from '@jest/globals';
import { PRESENCE, ROUTER, type EnterRequest } from '#contract';
import type { LeaseStore } from '#mesh';
import { MESH } from '#service';
import { VirtualClock, WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { CatchUp } from './catch-up.js';

describe('catching up', () => {
  let gateway: GatewayUnderTest;
  const clients: WireClient[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client.terminate();
    await gateway.stop();
  });
  const register = async (userId: string): Promise<WireClient> => {
    const client = await WireClient.connect(gateway.url);
    clients.push(client);
    expect(await client.register(userId)).toMatchObject({ type: 'registered' });
    return client;
  };

  // Interleaving: the store of the leases is away → the others give this gateway up and sweep its connections → the store is back.
  test('after its lease had ended all are entered, watched and subscribed under its new name, and read what they missed', async () => {
    let away = false;
    const wrap = (leases: LeaseStore): LeaseStore => ({
      hold: (...args) => (away ? Promise.reject(new Error('away')) : leases.hold(...args)),
      release: (own) => leases.release(own),
    });
    gateway = await GatewayUnderTest.start({ wrap, lease: { beatMs: 100, ttlMs: 2_000 } });
    const alice = await register('alice');
    alice.send({ type: 'watch', userIds: ['carol'] });
    await eventually(() => expect(alice.ofType('watching')).toHaveLength(1));
    alice.send({ type: 'subscribe', conversation: 'room' });
    await eventually(() => expect(alice.ofType('subscribed')).toHaveLength(1));
    const before = gateway.app.get(MESH).self.incarnation as string;
    away = true;
    await eventually(() => expect(gateway.backend.node.members('gateway')).toEqual([]));
    gateway.backend.store('alice', 'nobody told the gateway');
    away = false;
    await eventually(() => expect(gateway.backend.count(PRESENCE.enter)).toBe(1));
    const now = gateway.app.get(MESH).self.incarnation as string;
    expect(now).not.toBe(before);
    const entered = gateway.backend.asked.find(({ pattern }) => pattern === PRESENCE.enter)!.data as EnterRequest;
    expect(entered.connections).toMatchObject([{ userId: 'alice', incarnation: now, since: 1 }]);
    await eventually(() => {
      for (const pattern of [PRESENCE.watch, ROUTER.refreshSubscriptions])
        expect(gateway.backend.asked.filter((each) => each.pattern === pattern).at(-1)?.data).toMatchObject({
          incarnation: now,
        });
      expect(alice.ofType('message')).toMatchObject([{ content: 'nobody told the gateway' }]);
    });
  });

  test('asks presence no faster than it answers, but does not wait for it for ever', async () => {
    const clock = new VirtualClock();
    gateway = await GatewayUnderTest.start({ clock });
    for (const batch of Array.from({ length: 11 }, (_, i) => i))
      await Promise.all(Array.from({ length: 100 }, (_, i) => register(`user-${batch}-${i}`)));
    gateway.backend.hold(PRESENCE.refresh);
    gateway.get(CatchUp).begin();
    const asked = (): number => gateway.backend.waiting(PRESENCE.refresh);
    await eventually(() => expect(asked()).toBe(1));
    await clock.advanceGently(900, 9);
    expect(asked()).toBe(1);
    await clock.advanceGently(200, 2);
    await eventually(() => expect(asked()).toBe(2));
    gateway.backend.release(PRESENCE.refresh);
    await eventually(() => {
      clock.advance(100);
      expect(gateway.backend.count(PRESENCE.refresh)).toBe(3);
    });
    expect(gateway.backend.count(ROUTER.read)).toBe(1_100);
  });
});
