import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { connect, type SwitchboardClient } from '#client';
import { AppProcess, Cluster, RedisServer, eventually, freePort } from '#testing';

const withRedis = RedisServer.available ? describe : describe.skip;
/** Longer than a lease lives (5 s), ms: as seen by others, then, the frozen one is dead. */
const PATIENCE = { timeoutMs: 30_000 };

withRedis('a gateway that was away', () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await Cluster.start();
    await cluster.spawnAll(2);
  }, 60_000);
  afterEach(async () => cluster.stop());

  const gatewaysOf = async (userId: string): Promise<string[]> => {
    const redis = new Redis(cluster.redis.url);
    const fields = await redis.hvals(`presence:${userId}`).finally(() => redis.disconnect());
    return fields.map((value) => (JSON.parse(value) as { gateway: string }).gateway);
  };
  const isSwept = (userId: string): Promise<void> =>
    eventually(async () => expect(await gatewaysOf(userId)).toEqual([]), PATIENCE);

  // Interleaving: it is frozen → its lease ends, its connections are swept → it wakes, with its sockets open.
  test('and wakes up holds its lease again under a new name, with all its sessions', async () => {
    const [alice, bob] = [await cluster.connect('gateway-01'), await cluster.connect('gateway-02')];
    await alice.register('alice');
    await bob.register('bob');
    bob.send({ type: 'watch', userIds: ['alice'] });
    await eventually(() => expect(bob.ofType('watching')).toMatchObject([{ statuses: [{ status: 'online' }] }]));
    cluster.pause('gateway-01');
    await isSwept('alice');
    await eventually(() => expect(bob.ofType('presence')).toMatchObject([{ status: 'offline' }]), PATIENCE);
    bob.send({ type: 'message', to: 'alice', content: 'while you were away', id: 'm-1' });
    await eventually(() => expect(bob.ofType('accepted')).toHaveLength(1));
    cluster.resume('gateway-01');
    await eventually(
      () => expect(alice.ofType('message')).toMatchObject([{ content: 'while you were away' }]),
      PATIENCE,
    );
    await eventually(() => expect(bob.ofType('presence').at(-1)).toMatchObject({ status: 'online' }), PATIENCE);
    bob.send({ type: 'message', to: 'alice', content: 'again', id: 'm-2' });
    await eventually(() => expect(alice.ofType('message')).toHaveLength(2));
    expect([alice.closed, await gatewaysOf('alice')]).toEqual([undefined, ['gateway-01']]);
  }, 90_000);

  // Interleaving: it is frozen → its lease ends → another process takes its id → it wakes.
  test('and finds its id taken closes its clients with 1012, ends with 1, and overwrites nothing', async () => {
    const alice = await cluster.connect('gateway-01');
    await alice.register('alice');
    const frozen = cluster.app('gateway-01');
    frozen.pause();
    await isSwept('alice');
    const env = { INSTANCE_ID: 'gateway-01', REDIS_URL: cluster.redis.url, AUTH_MODE: 'none' };
    const successor = AppProcess.spawn('gateway', await freePort(), env);
    await successor.ready();
    const moved = connect(successor.url('/ws').replace('http', 'ws'));
    await moved.register('alice');
    frozen.resume();
    expect(await frozen.exited()).toBe(1);
    await eventually(() => expect(alice.closed?.code).toBe(1012));
    expect(alice.frames.at(-1)).toMatchObject({ type: 'closing', reconnectAfterMs: expect.any(Number) });
    expect(await gatewaysOf('alice')).toEqual(['gateway-01']);
    await moved.close();
    expect(await successor.terminate()).toBe(0);
  }, 90_000);
});

withRedis('a gateway that dies under its clients', () => {
  /** `STORM=5000` for the whole of it. */
  const CLIENTS = Number(process.env['STORM'] ?? 600);
  const BYSTANDERS = 40;
  let cluster: Cluster;
  const clients: SwitchboardClient[] = [];
  beforeEach(async () => {
    cluster = await Cluster.start();
    await cluster.spawnRoles({ presence: 2, router: 2, gateway: 3 });
  }, 60_000);
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await cluster.stop();
  });

  const join = async (name: string, urls: readonly string[]): Promise<SwitchboardClient> => {
    // At random 0, the first address comes first.
    const client = connect(urls, { random: urls.length > 1 ? firstOnly() : Math.random });
    clients.push(client);
    await client.register(name, { lastMessageId: 0 });
    return client;
  };
  /** 0 once, then at random. */
  const firstOnly = (): (() => number) => {
    let asked = false;
    return () => (asked ? Math.random() : ((asked = true), 0));
  };

  test('has them all back on the others, and nobody there notices but by their messages', async () => {
    const [dying, ...others] = ['gateway-01', 'gateway-02', 'gateway-03'].map((id) => cluster.gatewayUrl(id)) as [
      string,
      string,
      string,
    ];
    const stormy: SwitchboardClient[] = [];
    for (let n = 0; n < CLIENTS; n += 100)
      stormy.push(
        ...(await Promise.all(
          Array.from({ length: 100 }, (_, i) => join(`user-${n + i}`, [dying, others[i % 2]!, others[(i + 1) % 2]!])),
        )),
      );
    const calm = await Promise.all(Array.from({ length: BYSTANDERS }, (_, i) => join(`calm-${i}`, [others[i % 2]!])));
    const trouble: string[] = [];
    for (const client of calm) client.on('reconnecting', ({ code, reason }) => trouble.push(`${code} ${reason}`));
    const back = stormy.map((client) => new Promise<void>((done) => client.on('registered', () => done())));
    const killed = performance.now();
    await cluster.kill('gateway-01');
    // Those who stay go on talking, to one another and to those who are to come back.
    const sent = calm.flatMap((client, i) =>
      Array.from({ length: 10 }, (_, n) =>
        client.send(n % 2 ? `calm-${(i + 1) % BYSTANDERS}` : `user-${i * 10 + n}`, 'hello'),
      ),
    );
    await Promise.all([...back, ...sent]);
    if (process.env['REPORT'])
      process.stdout.write(`${CLIENTS} clients back after ${Math.round(performance.now() - killed)} ms\n`);
    expect(trouble).toEqual([]);
    await eventually(async () => {
      const stats = await Promise.all(['gateway-02', 'gateway-03'].map((id) => cluster.app(id).json('/stats')));
      expect(stats.reduce((sum, { connections }) => sum + Number(connections), 0)).toBe(CLIENTS + BYSTANDERS);
    });
  }, 300_000);
});
