import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, RedisCluster, RedisServer } from '#testing';
import { entry } from '../contract/harness.js';
import { createEngine } from '../create-engine.js';
import { EngineUnavailableError, type Engine, type LogId } from '../port.js';

const suite = RedisServer.available && RedisServer.own ? describe : describe.skip;

suite('the engine while a slot moves from one node of a cluster to another', () => {
  let redis: RedisCluster;
  let engine: Engine;
  beforeAll(async () => {
    redis = await RedisCluster.start();
    engine = createEngine({ kind: 'redis', url: redis.url });
    await engine.start();
  });
  afterAll(async () => {
    await engine.stop();
    await redis.stop();
  });

  const connection = (userId: string) =>
    ({ userId, connectionId: 'c', gatewayId: 'gateway-01', incarnation: 'i', status: 'online' }) as const;

  /** What everybody does to a log, each of it once. Done or told to try again; never anything else. */
  const use = async (log: LogId, id: string): Promise<void> => {
    const calls = [
      engine.log.append(log, [entry(id, 'bob', id)]),
      engine.log.read(log, 0, 100),
      engine.log.status(log),
      log.kind === 'inbox' ? engine.presence.register(connection(log.id), 3) : engine.conversations.join(log.id, 'eve'),
    ];
    for (const result of await Promise.allSettled(calls)) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(EngineUnavailableError);
    }
  };

  // Interleaving: the slot is being moved → some keys of a log are at the new node, some at the old → a call on all of them comes.
  it.each([
    ['inbox', 'alice', 'presence:alice'],
    ['inbox', 'of somebody who is away', 'presence:of somebody who is away'],
    ['conversation', 'general', 'conversation:general'],
  ] as const)('finds or makes no second half of a log: %s %s', async (kind, id, owner) => {
    const log: LogId = { kind, id };
    await engine.log.append(log, [entry('first', 'bob', 'first')]);
    if (id === 'alice') await engine.presence.register(connection(id), 3);
    if (kind === 'conversation') await engine.conversations.join(id, 'bob');
    const [slot, to] = [await redis.slotOf(owner), ((await redis.shardOf(owner)) + 1) % 3];
    const keys = (await redis.call(owner, 'CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
    expect(keys.length).toBeGreaterThanOrEqual(3);
    const migration = await redis.beginMigration(slot, to);
    for (const key of keys) {
      await use(log, 'second');
      await migration.moveKeys([key]);
    }
    await use(log, 'second');
    await migration.moveKeys();
    await migration.finish();
    const appended = await eventually(() => engine.log.append(log, [entry('second', 'bob', 'second')]));
    expect(appended.appended).toMatchObject([{ messageId: 2 }]);
    const again = await engine.log.append(log, [entry('first', 'bob', 'first'), entry('third')]);
    expect(again.appended).toMatchObject([{ messageId: 1, duplicate: true }, { messageId: 3 }]);
    const { entries } = await engine.log.read(log, 0, 100);
    expect(entries.map(({ messageId, body }) => [messageId, String(body)])).toEqual([
      [1, String(entry('first').body)],
      [2, String(entry('second').body)],
      [3, String(entry('third').body)],
    ]);
  });
});
