import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROLE, ROUTER, type SyncReply, type SyncRequest } from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { ENGINE_KINDS, eventually, RedisServer, Stage, type EngineGate } from '#testing';
import { RouterModule } from '../router.module.js';
import { Edge, idsOf, numbers } from '../testing/edge.js';

describe.each(ENGINE_KINDS)('sync on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let gate: EngineGate;
  let engine: Engine;
  let edge: Edge;

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  beforeEach(async () => {
    stage = await Stage.start({ kind, redis });
    ({ gate, engine } = stage);
    await stage.host(ROLE.router, 'router-01', RouterModule);
    edge = await Edge.start(stage, 'gateway-01');
  });
  afterEach(async () => stage.stop());

  const sync = (more: Partial<SyncRequest> = {}): Promise<SyncReply> => {
    const request: SyncRequest = { userId: 'bob', limit: 100, ...more };
    return edge.ask(request.conversation ?? 'bob', ROUTER.sync, request);
  };

  test('by id: page after page, until there is no more', async () => {
    for (const n of numbers(1, 7)) await edge.send('alice', 'bob', String(n));
    const { epoch } = await engine.log.status({ kind: 'inbox', id: 'bob' });
    const pages: (readonly [number[], boolean])[] = [];
    for (let last = 0, more = true; more;) {
      const page = await sync({ lastMessageId: last, limit: 3 });
      expect(page.epoch).toBe(epoch);
      pages.push([idsOf(page), page.hasMore]);
      last = idsOf(page).at(-1) ?? last;
      more = page.hasMore;
    }
    expect(pages).toEqual([
      [[1, 2, 3], true],
      [[4, 5, 6], true],
      [[7], false],
    ]);
    expect(await sync({ lastMessageId: 7 })).toMatchObject({ entries: [], hasMore: false });
  });

  test('pages are bounded in bytes, and go on', async () => {
    for (const n of numbers(1, 3)) await edge.send('alice', 'bob', String(n).repeat(600_000));
    const page = await sync();
    expect([idsOf(page), page.hasMore]).toEqual([[1], true]);
  });

  test('by time: what was stored after it; an id wins over a time', async () => {
    const first = await edge.send('alice', 'bob', '1');
    const later = await eventually(async () => {
      stage.clock.advance(10);
      const sent = await edge.send('alice', 'bob', 'n');
      expect(sent.timestamp).toBeGreaterThan(first.timestamp);
      return sent;
    });
    const after = await sync({ lastSyncTime: later.timestamp - 1 });
    expect(idsOf(after)).toEqual([later.messageId]);
    expect(idsOf(await sync({ lastSyncTime: later.timestamp }))).toEqual([]);
    expect(idsOf(await sync({ lastSyncTime: 0 }))[0]).toBe(1);
    expect(idsOf(await sync({ lastSyncTime: later.timestamp, lastMessageId: 0 }))[0]).toBe(1);
  });

  test('without either: from the oldest', async () => {
    await edge.send('alice', 'bob', '1');
    expect(idsOf(await sync())).toEqual([1]);
  });

  test('of a conversation: for its members', async () => {
    await engine.conversations.join('team', 'bob');
    await edge.post('bob', 'team', 'hello');
    expect(idsOf(await sync({ conversation: 'team' }))).toEqual([1]);
    await expect(sync({ conversation: 'team', userId: 'eve' })).rejects.toMatchObject({ remoteCode: 'forbidden' });
  });

  test('is refused while the engine is away', async () => {
    gate.fail('read', new EngineUnavailableError('away'));
    await expect(sync()).rejects.toMatchObject({ remoteCode: 'unavailable', retryAfterMs: expect.any(Number) });
  });
});
