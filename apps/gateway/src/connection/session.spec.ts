import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { WireEntry } from '#contract';
import { WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { NOTHING, leftovers } from '../testing/leftovers.js';

describe('a session', () => {
  let gateway: GatewayUnderTest;
  beforeEach(async () => {
    gateway = await GatewayUnderTest.start();
  });
  afterEach(() => gateway.stop());

  test('registers, is answered, and has what waits for it and what comes', async () => {
    gateway.backend.store('alice', 'one', 'two');
    const alice = await WireClient.connect(gateway.url);
    const registered = await alice.register('alice', { ref: 'r' });
    expect(registered).toEqual({
      type: 'registered',
      ref: 'r',
      content: 'Successfully registered',
      userId: 'alice',
      connectionId: expect.any(String),
      gatewayId: 'gateway-01',
      lastMessageId: 2,
      epoch: 'epoch-1',
      heartbeat: { intervalMs: 30_000, timeoutMs: 90_000 },
      resumed: true,
    });
    gateway.backend.deliver('alice', 'three');
    await eventually(() => expect(alice.ofType('message').map((m) => m['content'])).toEqual(['one', 'two', 'three']));
    expect(alice.ofType('message')[2]).toEqual({
      type: 'message',
      from: 'sender',
      content: 'three',
      to: 'alice',
      messageId: 3,
      kind: 'text',
      timestamp: 1_003,
    });
    await alice.close();
  });

  // A body that nobody can unpack stands for any fault of ours within a session.
  test('that throws is closed alone with 1011; its neighbours never notice, and nothing is left of it', async () => {
    const [alice, bob] = [await WireClient.connect(gateway.url), await WireClient.connect(gateway.url)];
    await Promise.all([alice.register('alice'), bob.register('bob')]);
    const poison: WireEntry = { messageId: 1, timestamp: 1, body: Buffer.from([0xff, 0xff]) };
    gateway.backend.push('alice', [poison]);
    gateway.backend.deliver('bob', 'unharmed');
    expect(await bob.next()).toMatchObject({ content: 'unharmed' });
    await eventually(() => expect(alice.closed).toEqual({ code: 1011, reason: 'internal error' }));
    expect(leftovers(gateway)).toMatchObject({ connections: 1, users: 1, actors: 1 });
    const again = await WireClient.connect(gateway.url);
    expect(await again.register('alice')).toMatchObject({ type: 'registered' });
    for (const client of [bob, again]) await client.close();
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
    expect(gateway.stats()).toMatchObject({ closed: { 1011: 1 } });
  });
});
