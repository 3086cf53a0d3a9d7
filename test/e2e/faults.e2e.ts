import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AppProcess, Cluster, RedisServer, eventually, freePort, type WireClient } from '#testing';

const withRedis = RedisServer.available && RedisServer.own ? describe : describe.skip;

withRedis('when a part dies', () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await Cluster.start();
  }, 60_000);
  afterEach(async () => cluster.stop());

  /** Sends until it arrives: what a client does whose send was not accepted. */
  const getsThrough = async (from: WireClient, to: WireClient, user: string, id: string): Promise<void> => {
    await eventually(
      async () => {
        from.send({ type: 'message', to: user, content: id, id });
        await eventually(() => expect(to.ofType('message').map((m) => m['id'])).toContain(id), { timeoutMs: 500 });
      },
      { timeoutMs: 3000 },
    );
  };

  test('kill -9 of a gateway: its user registers on another, and both directions work within 3 s', async () => {
    await cluster.spawnAll(2);
    const bob = await cluster.connect('gateway-02');
    await bob.register('bob');
    const alice = await cluster.connect('gateway-01');
    await alice.register('alice');
    await getsThrough(alice, bob, 'bob', 'before');
    await cluster.app('gateway-01').kill();
    const back = await cluster.connect('gateway-02');
    expect(await back.register('alice')).toMatchObject({ type: 'registered', gatewayId: 'gateway-02' });
    await getsThrough(back, bob, 'bob', 'there');
    await getsThrough(bob, back, 'alice', 'and back');
    const where = await cluster.redis.withClient((redis) => redis.hvals('presence:alice'));
    expect(where.some((value) => value.includes('gateway-02'))).toBe(true);
    // The dead gateway's connection is swept, in place of waiting for its TTL.
    await eventually(
      async () => expect(await cluster.redis.withClient((redis) => redis.hlen('presence:alice'))).toBe(1),
      { timeoutMs: 15_000 },
    );
    expect(bob.ofType('message').map((m) => m['messageId'])).toEqual([1, 2]);
  }, 60_000);

  test('a message asked of a killed router is answered by the other, stored once', async () => {
    await Promise.all([cluster.spawnAll(1), cluster.spawn('router', 'router-02')]);
    const sender = await cluster.connect('gateway-01');
    await sender.register('sender');
    const users = Array.from({ length: 20 }, (_, i) => `user-${i}`);
    users.forEach((to) => sender.send({ type: 'message', to, content: 'one', id: `1-${to}` }));
    await eventually(() => expect(sender.ofType('accepted')).toHaveLength(20));
    cluster.app('router-01').pause();
    users.forEach((to) => sender.send({ type: 'message', to, content: 'two', id: `2-${to}` }));
    await cluster.app('router-01').kill();
    await eventually(() => expect(sender.ofType('accepted')).toHaveLength(40), { timeoutMs: 20_000 });
    for (const frame of sender.ofType('accepted').slice(20)) expect(frame).toMatchObject({ messageId: 2 });
  }, 60_000);

  test('without a presence service a registration fails, the connection stays, and a retry succeeds', async () => {
    await Promise.all([cluster.spawn('gateway', 'gateway-01'), cluster.spawn('router', 'router-01')]);
    const client = await cluster.connect('gateway-01');
    expect(await client.register('alice', { ref: 1 })).toMatchObject({
      type: 'error',
      error: 'Failed to register',
      code: 'WS_UNAVAILABLE',
      ref: 1,
    });
    await cluster.spawn('presence', 'presence-01');
    await eventually(async () =>
      expect(await client.register('alice')).toMatchObject({ type: 'registered', userId: 'alice' }),
    );
  }, 60_000);

  test('while Redis is away sends and registrations are refused, and both work again after it is back', async () => {
    await cluster.spawnAll(1);
    const alice = await cluster.connect('gateway-01');
    await alice.register('alice');
    await cluster.redis.kill();
    alice.send({ type: 'message', to: 'alice', content: 'lost?', id: 'a', ref: 'away' });
    expect(await alice.next(30_000)).toMatchObject({
      type: 'error',
      error: 'Failed to send message',
      code: 'WS_UNAVAILABLE',
      ref: 'away',
    });
    const bob = await cluster.connect('gateway-01');
    bob.send({ type: 'register', userId: 'bob' });
    expect(await bob.next(30_000)).toMatchObject({ error: 'Failed to register', code: 'WS_UNAVAILABLE' });
    await eventually(async () =>
      expect((await fetch(cluster.app('gateway-01').url('/health/ready'))).status).toBe(503),
    );
    expect((await fetch(cluster.app('gateway-01').url('/health/live'))).status).toBe(200);
    await cluster.redis.restart();
    await eventually(async () => expect(await bob.register('bob')).toMatchObject({ type: 'registered' }), {
      timeoutMs: 30_000,
    });
    await eventually(
      async () => {
        alice.send({ type: 'message', to: 'bob', content: 'back', id: 'b' });
        await eventually(() => expect(bob.ofType('message')).toHaveLength(1), { timeoutMs: 500 });
      },
      { timeoutMs: 30_000 },
    );
  }, 120_000);

  test('a second holder of a live instance id refuses to start and says why', async () => {
    await cluster.spawn('router', 'router-01');
    const second = AppProcess.spawn('router', await freePort(), {
      INSTANCE_ID: 'router-01',
      REDIS_URL: cluster.redis.url,
    });
    expect(await second.exited()).toBe(1);
    expect(second.log).toContain('router-01');
    expect((await fetch(cluster.app('router-01').url('/health/ready'))).status).toBe(200);
  }, 60_000);

  test('SIGTERM: clients are told before they are closed, presence is cleared, and every app exits with 0', async () => {
    await cluster.spawnAll(1);
    const alice = await cluster.connect('gateway-01');
    await alice.register('alice');
    expect(await cluster.app('gateway-01').terminate()).toBe(0);
    await eventually(() => expect(alice.closed).toMatchObject({ code: 1012 }));
    expect(alice.ofType('closing')).toEqual([
      { type: 'closing', reason: expect.any(String), reconnectAfterMs: expect.any(Number) },
    ]);
    expect(await cluster.redis.withClient((redis) => redis.exists('presence:alice'))).toBe(0);
    expect(await cluster.app('presence-01').terminate()).toBe(0);
    expect(await cluster.app('router-01').terminate()).toBe(0);
  }, 60_000);
});
