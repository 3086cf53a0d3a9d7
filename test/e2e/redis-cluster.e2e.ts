import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster, RedisCluster, RedisServer } from '#testing';
import { MainJob } from './redis-job.js';

const withRedis = RedisServer.available && RedisServer.own ? describe : describe.skip;

withRedis('on a Redis Cluster', () => {
  let cluster: Cluster<RedisCluster>;
  let job: MainJob;
  beforeAll(async () => {
    cluster = Cluster.on(await RedisCluster.start({ replicas: 1 }));
    await cluster.spawnRoles({ gateway: 2, router: 2, presence: 1 });
    job = await MainJob.start(cluster, ['gateway-01', 'gateway-02']);
  }, 60_000);
  afterAll(async () => cluster.stop());

  test('slots move under way: of inboxes, of the apps’ own channels, of the leases', async () => {
    const { redis } = cluster;
    const names = [
      'presence:user-0',
      'presence:user-5',
      'router:router-01',
      'gateway:gateway-01',
      'gateway:*',
      'leases',
    ];
    for (const name of names)
      await redis.migrateSlots([await redis.slotOf(name)], ((await redis.shardOf(name)) + 1) % 3);
    await job.goesOn();
  }, 60_000);

  test('a slot stays half moved for a while', async () => {
    const { redis } = cluster;
    const [slot, to] = [await redis.slotOf('presence:user-3'), ((await redis.shardOf('presence:user-3')) + 1) % 3];
    const migration = await redis.beginMigration(slot, to);
    await migration.moveKeys(['presence:user-3']);
    await job.goesOn().catch(() => undefined);
    await migration.moveKeys();
    await migration.finish();
    await job.goesOn();
  }, 60_000);

  test('each master dies, and its replica takes over', async () => {
    for (const shard of [0, 1, 2]) {
      const former = await cluster.redis.killMaster(shard);
      await cluster.redis.succeeded(shard, former);
      await job.goesOn();
      await cluster.redis.restart(shard);
    }
  }, 90_000);

  test('nothing was lost, repeated, skipped or out of order, and nobody was disconnected', async () => {
    expect(await job.finish()).toBe('');
    expect([job.unexpected, job.losses]).toEqual([[], 0]);
  }, 60_000);
});
