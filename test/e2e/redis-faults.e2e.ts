import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AppProcess, Cluster, eventually, freePort, RedisServer } from '#testing';
import { MainJob } from './redis-job.js';

const withRedis = RedisServer.available && RedisServer.own ? describe : describe.skip;
const GATEWAYS = ['gateway-01', 'gateway-02'];

withRedis('when Redis fails', () => {
  let cluster: Cluster;
  let job: MainJob;
  let jobs = 0;
  beforeAll(async () => {
    cluster = await Cluster.start({ proxied: true });
    await cluster.spawnRoles({ gateway: 2, router: 2, presence: 2 });
  }, 60_000);
  beforeEach(async () => {
    job = await MainJob.start(cluster, GATEWAYS, `job-${++jobs}`);
  });
  afterEach(async () => job.abandon());
  afterAll(async () => cluster.stop());

  const ready = async (id: string): Promise<number> => (await fetch(cluster.app(id).url('/health/ready'))).status;
  const allReady = (): Promise<void> =>
    eventually(async () => expect(await Promise.all(cluster.ids.map(ready))).toEqual(cluster.ids.map(() => 200)), {
      timeoutMs: 20_000,
    });
  const kept = async (): Promise<void> => {
    expect(await job.finish()).toBe('');
    expect([job.unexpected, job.losses]).toEqual([[], 0]);
  };

  test('it hangs for ten seconds: connections stay, apps are alive and not ready, and all goes on', async () => {
    cluster.pauseRedis();
    await eventually(async () => expect(await Promise.all(cluster.ids.map(ready))).toEqual(cluster.ids.map(() => 503)));
    for (const id of cluster.ids) expect((await fetch(cluster.app(id).url('/health/live'))).status).toBe(200);
    // The fault is its length: beyond every timeout and the life of the leases.
    await delay(9_000);
    cluster.redis.resume();
    await job.goesOn();
    await allReady();
    await kept();
  }, 90_000);

  test('it restarts with its append-only file, twice, at once and after the leases have ended', async () => {
    await cluster.restartRedis();
    await job.goesOn();
    const lapses = (): number[] =>
      cluster.ids.map((id) => cluster.app(id).log.split('could not be renewed in time').length);
    const before = lapses();
    await cluster.redis.kill();
    await eventually(() => expect(lapses()).toEqual(before.map((count) => count + 1)), { timeoutMs: 15_000 });
    await cluster.redis.restart();
    await job.goesOn();
    await allReady();
    await kept();
  }, 90_000);

  test.each(['gateway-01', 'router-01', 'presence-01'])(
    'the link of %s alone is cut for longer than its lease lives, and heals',
    async (id) => {
      const field = `${id.slice(0, -3)}/${id}`;
      cluster.cutLink(id);
      // Leases that have ended are dropped by whoever renews next.
      const lease = (): Promise<string | null> => cluster.redis.withClient((redis) => redis.hget('leases', field));
      await eventually(async () => expect(await lease()).toBeNull(), { timeoutMs: 20_000 });
      expect(await ready(id)).toBe(503);
      cluster.healLink(id);
      await job.goesOn();
      await allReady();
      await kept();
    },
    90_000,
  );

  test('its data is gone: presence and leases come back by themselves, clients are told to resync', async () => {
    await cluster.redis.flushAll();
    await job.goesOn();
    await eventually(async () => {
      const [presence, leases] = await cluster.redis.withClient((redis) =>
        Promise.all([redis.exists(...job.names.map((name) => `presence:${name}`)), redis.hlen('leases')]),
      );
      expect([presence, leases]).toEqual([8, cluster.ids.length]);
    });
    expect(await job.finish({ dataLost: true })).toBe('');
    expect(job.unexpected).toEqual([]);
    // Each user's log began anew while it was being read: 4004.
    expect(job.losses).toBe(8);
  }, 90_000);

  test('it is full: sends are refused, and accepted again once there is room', async () => {
    await cluster.redis.withClient((redis) => redis.config('SET', 'maxmemory', '1'));
    await eventually(() => expect(job.refused.get('WS_UNAVAILABLE')).toBeGreaterThan(8));
    await cluster.redis.withClient((redis) => redis.config('SET', 'maxmemory', '0'));
    await job.goesOn();
    await kept();
  }, 90_000);

  test('it is the replica of another for a while (READONLY): the same', async () => {
    await cluster.redis.withClient((redis) => redis.replicaof('127.0.0.1', 1));
    await eventually(() => expect(job.refused.get('WS_UNAVAILABLE')).toBeGreaterThan(8));
    await cluster.redis.withClient((redis) => redis.replicaof('NO', 'ONE'));
    await job.goesOn();
    await kept();
  }, 90_000);
});

withRedis('when a process freezes', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
    await cluster.spawnRoles({ gateway: 2, router: 2, presence: 2 });
  }, 60_000);
  afterAll(async () => cluster.stop());

  test.each(['gateway-01', 'router-01', 'presence-01'])(
    '%s beyond its lease: it comes back as a new incarnation, and the job goes on',
    async (id) => {
      const job = await MainJob.start(cluster, GATEWAYS, id);
      const incarnation = async (): Promise<string | undefined> => {
        const lease = await cluster.redis.withClient((redis) => redis.hget('leases', `${id.slice(0, -3)}/${id}`));
        return /"incarnation":"([^"]*)"/.exec(lease ?? '')?.[1];
      };
      const former = await incarnation();
      cluster.pause(id);
      await eventually(async () => expect(await incarnation()).toBeUndefined(), { timeoutMs: 15_000 });
      cluster.resume(id);
      await eventually(async () => expect([undefined, former]).not.toContain(await incarnation()));
      await job.goesOn();
      expect(await job.finish()).toBe('');
      expect([job.unexpected, job.losses]).toEqual([[], 0]);
    },
    90_000,
  );

  test('and another takes its id: it lets go of its clients with 1012, ends with exit code 1, and touches nothing of the other', async () => {
    const client = await cluster.connect('gateway-01');
    await client.register('alice', { device: 'phone' });
    const frozen = cluster.app('gateway-01');
    cluster.pause('gateway-01');
    // Its lease ends after five seconds; the successor waits for that.
    const successor = AppProcess.spawn('gateway', await freePort(), {
      INSTANCE_ID: 'gateway-01',
      REDIS_URL: cluster.redis.url,
      AUTH_MODE: 'none',
    });
    try {
      await successor.ready();
      const before = await cluster.redis.withClient((redis) => redis.hget('leases', 'gateway/gateway-01'));
      frozen.resume();
      expect(await frozen.exited()).toBe(1);
      expect(frozen.log).toContain('another instance has taken the INSTANCE_ID gateway-01');
      await eventually(() => expect(client.closed).toMatchObject({ code: 1012 }));
      const after = await cluster.redis.withClient((redis) => redis.hget('leases', 'gateway/gateway-01'));
      const holder = (lease: string | null): string | undefined => /"incarnation":"[^"]*"/.exec(lease ?? '')?.[0];
      expect(holder(after)).toBe(holder(before));
      expect((await fetch(successor.url('/health/ready'))).status).toBe(200);
    } finally {
      await successor.kill();
    }
  }, 90_000);
});
