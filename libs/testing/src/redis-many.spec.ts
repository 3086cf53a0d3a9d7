import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, RedisCluster, RedisSentinel, RedisServer } from '#testing';

const suite = RedisServer.available && RedisServer.own ? describe : describe.skip;

suite('a cluster of our own', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await RedisCluster.start({ replicas: 1 });
  });
  afterAll(async () => cluster.stop());

  test('keeps what a slot holds when the slot moves', async () => {
    await cluster.call('a', 'SET', 'a', 'kept');
    const to = ((await cluster.shardOf('a')) + 1) % 3;
    await cluster.migrateSlots([await cluster.slotOf('a')], to);
    expect(await cluster.shardOf('a')).toBe(to);
    expect(await cluster.call('a', 'GET', 'a')).toBe('kept');
  });

  test('asks to look elsewhere while a slot is between two nodes', async () => {
    await cluster.call('b', 'SET', 'b', 'kept');
    const [from, slot] = [await cluster.shardOf('b'), await cluster.slotOf('b')];
    const migration = await cluster.beginMigration(slot, (from + 1) % 3);
    await migration.moveKeys(['b']);
    await expect(cluster.call('b', 'GET', 'b')).rejects.toThrow(/^ASK/);
    await migration.finish();
    expect(await cluster.call('b', 'GET', 'b')).toBe('kept');
  });

  test('has a replica take over from a master that dies, and takes the dead one back', async () => {
    const former = await cluster.killMaster(0);
    await eventually(async () => expect(await cluster.master(0)).not.toBe(former), { timeoutMs: 20_000 });
    await cluster.restart(0);
    const now = await cluster.master(0);
    await cluster.failover(0);
    expect(await cluster.master(0)).not.toBe(now);
  });
});

suite('a sentinel of our own', () => {
  let redis: RedisSentinel;
  beforeAll(async () => {
    redis = await RedisSentinel.start();
  });
  afterAll(async () => redis.stop());

  test('fails over on request, and when its primary dies', async () => {
    const first = await redis.primary();
    await redis.failover();
    const second = await redis.killPrimary();
    expect(second).not.toBe(first);
    expect(await redis.succeeded(second)).toBe(first);
    await second.start();
    await eventually(async () => expect(await second.text('ROLE')).toMatch(/^slave/), { timeoutMs: 20_000 });
  });
});
