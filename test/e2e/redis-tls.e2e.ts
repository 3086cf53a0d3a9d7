import { afterEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { createEngine } from '#engine';
import { parseTarget, sentinelOptions } from '#redis';
import { Cluster, RedisCluster, RedisSentinel, RedisServer } from '#testing';
import { MainJob } from './redis-job.js';

const withRedis = RedisServer.available && RedisServer.own ? describe : describe.skip;

withRedis('by TLS', () => {
  let cluster: Cluster<RedisSentinel | RedisCluster> | undefined;
  afterEach(async () => cluster?.stop());

  /** Its processes trust the servers' certificate as an operator would have them do. */
  async function start(redis: RedisSentinel | RedisCluster): Promise<MainJob> {
    cluster = Cluster.on(redis);
    const trust = { NODE_EXTRA_CA_CERTS: redis.caFile ?? '' };
    await cluster.spawnRoles({ gateway: 2, router: 1, presence: 1 }, trust);
    return MainJob.start(cluster, ['gateway-01', 'gateway-02']);
  }

  async function finish(job: MainJob): Promise<void> {
    await job.goesOn();
    expect(await job.finish()).toBe('');
    expect([job.unexpected, job.losses]).toEqual([[], 0]);
  }

  test('the primary that Sentinels name is found, and found again', async () => {
    const redis = await RedisSentinel.start({ tls: true, downAfterMs: 2_000 });
    const job = await start(redis);
    expect(redis.url).toMatch(/^rediss\+sentinel:/);
    await job.goesOn();
    await redis.failover();
    await finish(job);
  }, 90_000);

  test('the nodes of a cluster are found', async () => {
    const redis = await RedisCluster.start({ tls: true });
    const job = await start(redis);
    expect(redis.url).toMatch(/^rediss\+cluster:/);
    await finish(job);
  }, 90_000);

  test('nobody is spoken to whose certificate nobody vouches for', async () => {
    const redis = await RedisSentinel.start({ tls: true, replicas: 0 });
    const engine = createEngine({ kind: 'redis', url: redis.url });
    const target = parseTarget(redis.url);
    if (target.kind !== 'sentinel') throw new Error(`Not the URL of Sentinels: ${redis.url}`);
    // Refused for no other reason: whoever takes any certificate gets in.
    const credulous = { tls: { rejectUnauthorized: false }, sentinelTLS: { rejectUnauthorized: false } };
    const client = new Redis({ ...sentinelOptions(target), ...credulous });
    try {
      await expect(engine.start()).rejects.toMatchObject({ name: 'EngineUnavailableError' });
      expect(await client.ping()).toBe('PONG');
    } finally {
      client.disconnect();
      await engine.stop();
      await redis.stop();
    }
  }, 90_000);
});
