import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROLE, ROUTER, type OpenReply } from '#contract';
import type { Engine } from '#engine';
import { ENGINE_KINDS, RedisServer, Stage, type EngineGate, type RoleHost } from '#testing';
import { RouterModule } from '../router.module.js';
import { Edge, textsOf } from '../testing/edge.js';

describe.each(ENGINE_KINDS)('RECIPIENTS=known on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let gate: EngineGate;
  let engine: Engine;
  let router: RoleHost;
  let edge: Edge;

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  beforeEach(async () => {
    stage = await Stage.start({ kind, redis });
    ({ gate, engine } = stage);
    router = await stage.host(ROLE.router, 'router-01', RouterModule, { RECIPIENTS: 'known', SENDER_COPIES: 'on' });
    edge = await Edge.start(stage, 'gateway-01');
  });
  afterEach(async () => stage.stop());

  const register = (userId: string): Promise<OpenReply> => edge.ask(userId, ROUTER.open, { userId, limit: 10 });
  const inbox = async (id: string): Promise<string[]> => textsOf(await engine.log.read({ kind: 'inbox', id }, 0, 500));
  const UNKNOWN = { code: 'remote', remoteCode: 'unknown_recipient', retryAfterMs: undefined };

  test('who never registered cannot be written to', async () => {
    await register('alice');
    await expect(edge.send('alice', 'bob', 'hello')).rejects.toMatchObject(UNKNOWN);
    expect([await inbox('bob'), await inbox('alice')]).toEqual([[], []]);
    expect(router.stats('router')).toMatchObject({ refused: 1, accepted: 0, backlogBytes: 0 });
  });

  test('not even with an ephemeral message, alone or beside others', async () => {
    await expect(edge.send('alice', 'bob', 'typing', { ephemeral: true })).rejects.toMatchObject(UNKNOWN);
    const held = gate.hold('append', 'before');
    const first = edge.send('alice', 'bob', 'holds up the next two');
    await held.arrived;
    const both = [edge.send('alice', 'bob', 'typing', { ephemeral: true }), edge.send('alice', 'bob', 'hello')];
    held.release();
    const refused = { status: 'rejected', reason: expect.objectContaining(UNKNOWN) };
    expect(await Promise.allSettled([first, ...both])).toEqual([refused, refused, refused]);
    expect([edge.delivered, router.stats('router')['accepted']]).toEqual([[], 0]);
  });

  test('who registered once can, also when they are away', async () => {
    await register('bob');
    expect(await edge.send('alice', 'bob', 'hello')).toMatchObject({ messageId: 1 });
    expect(await edge.send('alice', 'bob', 'typing', { ephemeral: true })).toMatchObject({ messageId: 0 });
  });

  test('looking into an inbox makes nobody known', async () => {
    const asked = { userId: 'bob', limit: 10 };
    await edge.ask('bob', ROUTER.sync, { ...asked, lastSyncTime: 5 });
    await edge.ask('bob', ROUTER.sync, { ...asked, lastMessageId: 0 });
    await edge.ask('bob', ROUTER.read, { ...asked, after: 0 });
    await edge.ask('bob', ROUTER.status, asked);
    await expect(edge.send('alice', 'bob', 'hello')).rejects.toMatchObject(UNKNOWN);
  });

  test('a sender who never registered gets no copy, and their message is accepted', async () => {
    await register('bob');
    expect(await edge.send('system', 'bob', 'hello')).toMatchObject({ messageId: 1 });
    expect([await inbox('bob'), await inbox('system')]).toEqual([['hello'], []]);
  });

  // Interleaving: a message is on its way to the engine → its recipient registers for the first time → the append runs.
  test('whoever registers before the append runs is known to it', async () => {
    const held = gate.hold('append', 'before');
    const sent = edge.send('alice', 'bob', 'hello');
    await held.arrived;
    await register('bob');
    held.release();
    expect(await sent).toMatchObject({ messageId: 1 });
  });
});
