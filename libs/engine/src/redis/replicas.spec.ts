import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, RedisCluster, RedisSentinel, RedisServer, type RedisNode } from '#testing';
import { entry, inbox } from '../contract/harness.js';
import { createEngine } from '../create-engine.js';
import { EngineUnavailableError, type Engine } from '../port.js';

const suite = RedisServer.available && RedisServer.own ? describe : describe.skip;

suite('the engine behind Sentinel, when the primary dies right after an append', () => {
  let redis: RedisSentinel;
  let engine: Engine;
  beforeEach(async () => {
    redis = await RedisSentinel.start();
  });
  afterEach(async () => {
    await engine.stop();
    await redis.stop();
  });
  const start = async (waitReplicas: number): Promise<RedisNode> => {
    engine = createEngine({ kind: 'redis', url: redis.url, waitReplicas });
    await engine.start();
    const primary = await redis.primary();
    return redis.servers.find((node) => node !== primary) as RedisNode;
  };

  it('has the message where it waited for a replica', async () => {
    await start(1);
    const log = inbox('alice');
    const { appended } = await engine.log.append(log, [entry('kept', 'bob', '1')]);
    await redis.succeeded(await redis.killPrimary());
    const page = await eventually(() => engine.log.read(log, 0, 10), { timeoutMs: 20_000 });
    expect(page.entries.map(({ messageId }) => messageId)).toEqual(appended.map(({ messageId }) => messageId));
  });

  it('did not say that it was stored where no replica had it', async () => {
    const replica = await start(1);
    const log = inbox('alice');
    replica.pause();
    await expect(engine.log.append(log, [entry('where', 'bob', '1')])).rejects.toBeInstanceOf(EngineUnavailableError);
    // It finds it stored; that alone is no reason to say so.
    await expect(engine.log.append(log, [entry('where', 'bob', '1')])).rejects.toBeInstanceOf(EngineUnavailableError);
    // Nobody who does not append waits for the replica.
    expect(await engine.log.read(log, 0, 10)).toMatchObject({ lastMessageId: 1 });
    replica.resume();
    const again = await eventually(() => engine.log.append(log, [entry('where', 'bob', '1')]), { timeoutMs: 20_000 });
    expect(again.appended).toMatchObject([{ messageId: 1, duplicate: true }]);
  });

  it('may have lost what it said was stored where it did not wait', async () => {
    const replica = await start(0);
    const log = inbox('alice');
    await engine.log.append(log, [entry('kept')]);
    await eventually(async () => expect(await redis.lag()).toBe(0));
    await replica.kill();
    expect((await engine.log.append(log, [entry('lost')])).appended).toMatchObject([{ messageId: 2 }]);
    const former = await redis.killPrimary();
    await replica.start();
    await redis.succeeded(former);
    const page = await eventually(() => engine.log.read(log, 0, 10), { timeoutMs: 20_000 });
    expect(page.entries.map(({ messageId }) => messageId)).toEqual([1]);
  });
});

suite('the engine on a cluster that waits for replicas', () => {
  let redis: RedisCluster;
  let engine: Engine;
  beforeAll(async () => {
    redis = await RedisCluster.start({ replicas: 1 });
    engine = createEngine({ kind: 'redis', url: redis.url, waitReplicas: 1 });
    await engine.start();
  });
  afterAll(async () => {
    await engine.stop();
    await redis.stop();
  });

  it('waits for that of the shard, and keeps what it has said through the loss of each master', async () => {
    const logs = Array.from({ length: 12 }, (_, i) => ({ kind: 'inbox' as const, id: `user-${i}` }));
    const append = () => Promise.all(logs.map((log) => engine.log.append(log, [entry('a')])));
    await append();
    for (const shard of [0, 1, 2]) await redis.succeeded(shard, await redis.killMaster(shard));
    for (const log of logs)
      await eventually(async () => expect(await engine.log.read(log, 0, 10)).toMatchObject({ lastMessageId: 1 }), {
        timeoutMs: 20_000,
      });
    // No replica is left to wait for.
    await expect(engine.log.append(logs[0]!, [entry('b')])).rejects.toBeInstanceOf(EngineUnavailableError);
  });
});
