import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster, RedisCluster, RedisServer } from '#testing';
import { MainJob } from './redis-job.js';

/** The first of these names of which none has a key on that shard. */
async function offShard(redis: RedisCluster, shard: number, keysOf: (n: number) => readonly string[]): Promise<number> {
  for (let n = 1; ; n++) {
    const shards = await Promise.all(keysOf(n).map((key) => redis.shardOf(key)));
    if (!shards.includes(shard)) return n;
  }
}

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
    await cluster.redis.agreed();
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

withRedis('on a Redis Cluster without replicas', () => {
  let cluster: Cluster<RedisCluster>;
  beforeAll(async () => {
    cluster = Cluster.on(await RedisCluster.start());
  }, 60_000);
  afterAll(async () => cluster.stop());

  test('while the shard of the leases is away for longer than they live, all that is on other shards goes on', async () => {
    const { redis } = cluster;
    const shard = await redis.shardOf('leases');
    const ids: string[] = [];
    for (const app of ['gateway', 'router', 'presence'] as const) {
      const id = `${app}-${await offShard(redis, shard, (n) => [`${app}:${app}-${n}`])}`;
      await cluster.spawn(app, id);
      ids.push(id);
    }
    const users = await offShard(redis, shard, (n) => [0, 1, 2].map((i) => `presence:job${n}-${i}`));
    const job = await MainJob.start(cluster, [ids[0] as string], `job${users}`, 3);
    await redis.killMaster(shard);
    const since = performance.now();
    // The lease lives five seconds; the fault is that it is away for longer.
    while (performance.now() - since < 8_000) await job.goesOn();
    await redis.restart(shard);
    await job.goesOn();
    expect(ids.map((id) => cluster.app(id).log.includes('could not be renewed in time'))).toEqual([
      false,
      false,
      false,
    ]);
    expect(await job.finish()).toBe('');
    expect([job.unexpected, job.losses]).toEqual([[], 0]);
  }, 90_000);
});
