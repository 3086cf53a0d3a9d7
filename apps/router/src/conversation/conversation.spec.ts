import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROLE, ROUTER, type ConversationsReply, type ReadReply, type RefreshSubscriptionsReply } from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { ENGINE_KINDS, eventually, RedisServer, Stage, type EngineGate, type RoleHost } from '#testing';
import { RouterModule } from '../router.module.js';
import { Edge, idsOf, numbers, textsOf } from '../testing/edge.js';
import { MembershipService } from './membership.service.js';

const AWAY = new EngineUnavailableError('away');
const FORBIDDEN = { code: 'remote', remoteCode: 'forbidden', retryAfterMs: undefined };

describe.each(ENGINE_KINDS)('a conversation on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let gate: EngineGate;
  let engine: Engine;
  let router: RoleHost;
  let members: MembershipService;
  let edge: Edge;
  let other: Edge;

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  beforeEach(async () => {
    stage = await Stage.start({ kind, redis });
    ({ gate, engine } = stage);
    router = await stage.host(ROLE.router, 'router-01', RouterModule);
    members = router.get(MembershipService);
    edge = await Edge.start(stage, 'gateway-01');
    other = await Edge.start(stage, 'gateway-02');
    for (const user of ['ann', 'ben']) await members.join('team', user);
  });
  afterEach(async () => stage.stop());

  const log = { kind: 'conversation', id: 'team' } as const;
  const stored = async (): Promise<string[]> => textsOf(await engine.log.read(log, 0, 500));
  const heard = ({ conversations }: Edge): string[] => conversations.flatMap(textsOf);
  const list = async (userId: string): Promise<unknown> =>
    (await edge.ask<ConversationsReply>(userId, ROUTER.conversations, { userId, limit: 10 })).conversations;

  describe('a message', () => {
    test('of a member is stored once, and one packet goes to each gateway that has subscribers', async () => {
      await edge.subscribe('team', 'ann');
      await edge.subscribe('team', 'ben');
      await other.subscribe('team', 'ben');
      expect(await edge.post('ann', 'team', 'hello')).toEqual({
        messageId: 1,
        timestamp: expect.any(Number),
        duplicate: false,
      });
      await eventually(() => expect([heard(edge), heard(other)]).toEqual([['hello'], ['hello']]));
      const { epoch } = await engine.log.status(log);
      expect(edge.conversations).toEqual([{ conversation: 'team', epoch, entries: [expect.anything()] }]);
      expect(await stored()).toEqual(['hello']);
      expect(router.stats('router')).toMatchObject({ accepted: 1, delivered: 2, conversations: 1, backlogBytes: 0 });
    });

    test('of somebody else is refused, and the others of its batch are stored', async () => {
      const held = gate.hold('append', 'before');
      const first = edge.post('ann', 'team', '1');
      await held.arrived;
      const rest = ['ben', 'eve', 'ann'].map((user, i) => edge.post(user, 'team', String(i + 2)));
      held.release();
      const [, two, strange, four] = await Promise.allSettled([first, ...rest]);
      expect(strange).toMatchObject({ status: 'rejected', reason: FORBIDDEN });
      expect([two, four]).toMatchObject([{ value: { messageId: 2 } }, { value: { messageId: 3 } }]);
      expect(await stored()).toEqual(['1', '2', '4']);
      expect(router.stats('router')).toMatchObject({ accepted: 3, refused: 1 });
    });

    test('repeated with its id is stored and delivered once', async () => {
      await edge.subscribe('team', 'ann');
      const first = await edge.post('ann', 'team', 'once', { id: 'm-1' });
      expect(await edge.post('ann', 'team', 'once', { id: 'm-1' })).toEqual({ ...first, duplicate: true });
      await edge.post('ben', 'team', 'next', { id: 'm-1' });
      await eventually(() => expect(heard(edge)).toEqual(['once', 'next']));
    });

    test('many at once are a turn’s work: one append for all that wait', async () => {
      await other.subscribe('team', 'ben');
      const held = gate.hold('append', 'before');
      const first = edge.post('ann', 'team', '1');
      await held.arrived;
      const rest = numbers(2, 50).map((n) => edge.post('ann', 'team', String(n)));
      await eventually(() => expect(router.stats('router')['backlogBytes']).toBeGreaterThan(50 * 10));
      held.release();
      expect((await Promise.all([first, ...rest])).map(({ messageId }) => messageId)).toEqual(numbers(1, 50));
      await eventually(() => expect(heard(other)).toEqual(numbers(1, 50).map(String)));
      expect(gate.calls('append')).toBe(2);
      expect(other.conversations).toHaveLength(2);
    });

    test('is refused while the engine is away', async () => {
      gate.fail('append', AWAY);
      await expect(edge.post('ann', 'team', 'x')).rejects.toMatchObject({ remoteCode: 'unavailable' });
    });
  });

  describe('an ephemeral message', () => {
    test('reaches subscribers in its place and is not stored', async () => {
      await other.subscribe('team', 'ben');
      const replies = await Promise.all([
        edge.post('ann', 'team', 'typing', { ephemeral: true }),
        edge.post('ann', 'team', 'hello'),
        edge.post('ann', 'team', 'typing again', { ephemeral: true }),
      ]);
      expect(replies.map(({ messageId }) => messageId)).toEqual([0, 1, 0]);
      await eventually(() => expect(heard(other)).toEqual(['typing', 'hello', 'typing again']));
      expect(await stored()).toEqual(['hello']);
    });

    test('of somebody else is refused and reaches nobody', async () => {
      await other.subscribe('team', 'ben');
      await expect(edge.post('eve', 'team', 'typing', { ephemeral: true })).rejects.toMatchObject(FORBIDDEN);
      await edge.post('ann', 'team', 'typing', { ephemeral: true });
      await eventually(() => expect(heard(other)).toEqual(['typing']));
    });
  });

  describe('a subscription', () => {
    test('is for members; a stranger leaves no trace', async () => {
      await expect(edge.subscribe('team', 'eve')).rejects.toMatchObject(FORBIDDEN);
      await edge.post('ann', 'team', 'hello');
      expect(router.stats('router')).toMatchObject({ delivered: 0 });
    });

    test('goes on at the cursor given, else at what the member acknowledged; starts over where that is of another life', async () => {
      for (const n of numbers(1, 5)) await edge.post('ann', 'team', String(n));
      const all = await edge.subscribe('team', 'ben', { lastMessageId: 3 });
      expect([idsOf(all), all.resumed, all.cursor]).toEqual([[4, 5], true, 3]);
      await edge.acknowledge({
        userId: 'ben',
        conversation: 'team',
        messageId: 2,
        epoch: all.epoch,
        status: 'delivered',
      });
      expect(idsOf(await edge.subscribe('team', 'ben'))).toEqual([3, 4, 5]);
      expect(idsOf(await edge.subscribe('team', 'ann'))).toEqual(numbers(1, 5));
      const foreign = await edge.subscribe('team', 'ann', { lastMessageId: 3, epoch: 'another' });
      expect([idsOf(foreign), foreign.resumed]).toEqual([numbers(1, 5), false]);
    });

    test('ends with the last subscriber of its gateway', async () => {
      await edge.subscribe('team', 'ann');
      await other.subscribe('team', 'ben');
      edge.tell('team', ROUTER.unsubscribe, { conversation: 'team', ...edge.process });
      await eventually(async () => {
        const before = edge.conversations.length;
        await other.post('ben', 'team', 'anybody?', { ephemeral: true });
        await eventually(() => expect(heard(other)).not.toHaveLength(0));
        expect(edge.conversations.length).toBe(before);
      });
    });

    test('that was lost is made again by the refresh, which says so', async () => {
      await edge.subscribe('team', 'ann');
      const refresh = (conversations: string[]): Promise<RefreshSubscriptionsReply> =>
        edge.ask('team', ROUTER.refreshSubscriptions, { ...edge.process, conversations });
      expect(await refresh(['team'])).toEqual({ missing: [] });
      await engine.conversations.unsubscribe('team', edge.process);
      expect(await refresh(['team'])).toEqual({ missing: ['team'] });
      await edge.post('ann', 'team', 'hello');
      await eventually(() => expect(heard(edge)).toEqual(['hello']));
    });
  });

  test('its log is read by members, page by page', async () => {
    for (const n of numbers(1, 3)) await edge.post('ann', 'team', String(n));
    const read = (after: number, ...readers: readonly string[]): Promise<ReadReply> =>
      edge.ask('team', ROUTER.readConversation, { conversation: 'team', readers, after, limit: 2 });
    expect([idsOf(await read(0, 'ben')), idsOf(await read(2, 'ben', 'ann'))]).toEqual([[1, 2], [3]]);
    await expect(read(0, 'eve')).rejects.toMatchObject(FORBIDDEN);
    await expect(read(0, 'ben', 'eve', 'ann')).rejects.toMatchObject(FORBIDDEN);
  });

  test('each member has their own place in it, and nobody else has one', async () => {
    for (const n of numbers(1, 4)) await edge.post('ann', 'team', String(n));
    const { epoch } = await engine.log.status(log);
    const ack = (userId: string, messageId: number) =>
      edge.acknowledge({ userId, conversation: 'team', messageId, epoch, status: 'read' });
    await Promise.all([ack('ann', 4), ack('ben', 1)]);
    await expect(ack('eve', 3)).rejects.toMatchObject(FORBIDDEN);
    edge.ack({ userId: 'eve', conversation: 'team', messageId: 3, epoch, status: 'read' });
    gate.fail('isMember', AWAY);
    await expect(ack('ann', 4)).rejects.toMatchObject({ remoteCode: 'unavailable' });
    gate.fail('isMember');
    expect([await list('ann'), await list('ben'), await list('eve')]).toEqual([
      [{ conversation: 'team', lastMessageId: 4, read: 4, unread: 0 }],
      [{ conversation: 'team', lastMessageId: 4, read: 1, unread: 3 }],
      [],
    ]);
    expect(edge.receipts).toEqual([]);
  });

  describe('membership', () => {
    test('is joined and left once', async () => {
      expect([await members.join('team', 'cid'), await members.join('team', 'cid')]).toEqual([true, false]);
      expect(await members.describe('team')).toMatchObject({ exists: true, members: 3, lastMessageId: 0 });
      expect([await members.leave('team', 'cid'), await members.leave('team', 'cid')]).toEqual([true, false]);
      expect(await members.describe('nowhere')).toMatchObject({ exists: false, members: 0 });
    });

    test('that ends is told to the gateways that have subscribers, and to no others', async () => {
      await edge.subscribe('team', 'ann');
      await members.leave('team', 'ann');
      await eventually(() => expect(edge.removed).toEqual([{ conversation: 'team', userId: 'ann' }]));
      expect(other.removed).toEqual([]);
      await expect(edge.post('ann', 'team', 'still here')).rejects.toMatchObject(FORBIDDEN);
      expect(await list('ann')).toEqual([]);
    });
  });
});
