import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster, RedisSentinel, RedisServer } from '#testing';
import { MainJob } from './redis-job.js';

const withRedis = RedisServer.available && RedisServer.own ? describe : describe.skip;

withRedis('behind Sentinel', () => {
  let cluster: Cluster<RedisSentinel>;
  beforeAll(async () => {
    cluster = Cluster.on(await RedisSentinel.start());
    await cluster.spawnRoles({ gateway: 2, router: 2, presence: 1 });
  }, 60_000);
  afterAll(async () => cluster.stop());

  test('the main job keeps its promises while a replica takes over, by hand and from a primary that dies', async () => {
    const job = await MainJob.start(cluster, ['gateway-01', 'gateway-02']);
    await cluster.redis.failover();
    await job.goesOn();
    const former = await cluster.redis.killPrimary();
    await cluster.redis.succeeded(former);
    await job.goesOn();
    await former.start();
    await job.goesOn();
    expect(await job.finish()).toBe('');
    expect([job.unexpected, job.losses]).toEqual([[], 0]);
  }, 90_000);
});
