import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { GATEWAY, type DeliverNotice } from '#contract';
import { EngineUnavailableError } from '#engine';
import { unpackBody } from '#protocol';
import { ENGINE_KINDS, eventually, RedisServer, Stage } from '#testing';
import { ApiOnStage, Edge, type Answer } from './api-stage.suite.js';

const AWAY = new EngineUnavailableError('away');
const path = (...parts: readonly string[]): string => `/api/${parts.map(encodeURIComponent).join('/')}`;
const nextOf = (body: Answer['body']): string => body['nextCursor'] as string;
const sorted = (values: Iterable<unknown>): string[] => [...values].map(String).sort();

describe.each(ENGINE_KINDS)('the server API on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let api: ApiOnStage;
  let one: Edge;
  let two: Edge;

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());
  const open = async (config: object = {}): Promise<void> => {
    stage = await Stage.start({ kind, redis });
    api = await ApiOnStage.start(stage, config);
    one = await Edge.start(stage, 'gateway-01');
    two = await Edge.start(stage, 'gateway-02');
  };
  const close = async (): Promise<void> => {
    await api.stop();
    await stage.stop();
  };
  beforeEach(() => open());
  afterEach(close);

  describe('sending', () => {
    const message = { from: 'the backend', to: 'bob', content: 'Hello!', id: 'm1' };

    test('stores a message, says its id, and pushes it to where its recipient is', async () => {
      await two.connect('bob', 'c1');
      const { status, body } = await api.call('POST', '/api/messages', message);
      expect([status, body]).toEqual([201, { messageId: 1, timestamp: expect.any(Number), duplicate: false }]);
      await eventually(() => expect(two.of(GATEWAY.deliver)).toHaveLength(1));
      const [notice] = two.of(GATEWAY.deliver) as DeliverNotice[];
      expect(unpackBody(notice!.entries[0]!.body)).toEqual({ ...message, kind: 'text', conversation: undefined });
      expect(one.of(GATEWAY.deliver)).toEqual([]);
    });

    test('twice with the same id stores it once', async () => {
      const first = await api.call('POST', '/api/messages', message);
      expect(await api.call('POST', '/api/messages', message)).toMatchObject({
        status: 201,
        body: { ...first.body, duplicate: true },
      });
      expect((await api.call('POST', '/api/messages', { ...message, id: null })).body).toMatchObject({ messageId: 2 });
    });

    test('many at once gives each an id of its own, without a gap', async () => {
      const sends = Array.from({ length: 50 }, (_, n) =>
        api.call('POST', '/api/messages', { ...message, content: String(n), id: `n${n}` }),
      );
      const ids = (await Promise.all(sends)).map(({ body }) => Number(body['messageId']));
      expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    });

    test('an ephemeral one delivers it and stores nothing', async () => {
      await one.connect('bob', 'c1');
      const { status, body } = await api.call('POST', '/api/messages', { ...message, ephemeral: true });
      expect([status, body]).toEqual([201, { timestamp: expect.any(Number), duplicate: false }]);
      await eventually(() => expect(one.of(GATEWAY.deliver)).toHaveLength(1));
      expect((await api.call('GET', '/api/users/bob/messages')).body).toMatchObject({ messages: [] });
    });

    test('to a conversation is for its members', async () => {
      const post = { from: 'alice', conversation: 'room 1', content: 'hi' };
      expect(await api.call('POST', '/api/messages', post)).toMatchObject({
        status: 403,
        body: { code: 'WS_FORBIDDEN' },
      });
      await api.call('PUT', path('conversations', 'room 1', 'members', 'alice'));
      await one.subscribe('room 1');
      expect(await api.call('POST', '/api/messages', post)).toMatchObject({ status: 201, body: { messageId: 1 } });
      await eventually(() => expect(one.of(GATEWAY.conversation)).toMatchObject([{ conversation: 'room 1' }]));
    });

    test('to nobody who ever registered is a 404 where recipients must be known', async () => {
      await close();
      await open({ RECIPIENTS: 'known' });
      const { status, body } = await api.call('POST', '/api/messages', message);
      expect([status, body['code'], body['detail']]).toEqual([404, 'WS_USER_NOT_FOUND', 'User not found']);
    });

    test('while the engine is away is a 503 that says when to try again', async () => {
      stage.gate.fail('append', AWAY);
      const { status, headers, body } = await api.call('POST', '/api/messages', message);
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      expect(body).toMatchObject({ status: 503, code: 'WS_UNAVAILABLE', retryAfterMs: expect.any(Number) });
    });

    test('a broadcast tells every gateway, and stores nothing', async () => {
      const { status, body } = await api.call('POST', '/api/broadcast', { from: 'ops', content: 'noon' });
      expect([status, body]).toEqual([202, { gateways: 2, timestamp: expect.any(Number) }]);
      const notice = { from: 'ops', content: 'noon', kind: 'text', timestamp: body['timestamp'] };
      for (const edge of [one, two]) await eventually(() => expect(edge.of(GATEWAY.broadcast)).toEqual([notice]));
    });
  });

  describe('reading a log', () => {
    const send = (n: number): Promise<unknown> =>
      api.call('POST', '/api/messages', { from: 'alice', to: 'bob', content: `m${n}`, kind: 'note' });

    test('goes page by page to its end, and acknowledges nothing', async () => {
      for (const n of [1, 2, 3]) await send(n);
      const first = (await api.call('GET', '/api/users/bob/messages?limit=2')).body;
      expect(first).toEqual({
        messages: [1, 2].map((messageId) => ({
          messageId,
          from: 'alice',
          to: 'bob',
          content: `m${messageId}`,
          kind: 'note',
          timestamp: expect.any(Number),
        })),
        hasMore: true,
        epoch: expect.stringMatching(/./),
      });
      const { body } = await api.call('GET', '/api/users/bob/messages?after=2&limit=2');
      expect(body).toMatchObject({ messages: [{ messageId: 3 }], hasMore: false, epoch: first['epoch'] });
      const opened = await stage.engine.log.open({ kind: 'inbox', id: 'bob' }, { limit: 1 });
      expect(opened.cursor).toBe(0);
    });

    test('of a conversation gives what its members wrote', async () => {
      await api.call('PUT', '/api/conversations/room/members/alice');
      await api.call('POST', '/api/messages', { from: 'alice', conversation: 'room', content: 'hi', id: 'x' });
      const { body } = await api.call('GET', '/api/conversations/room/messages');
      const message = { messageId: 1, from: 'alice', conversation: 'room', content: 'hi', kind: 'text', id: 'x' };
      expect(body).toMatchObject({ messages: [message], hasMore: false });
    });

    test('of a user nobody has written to is empty', async () => {
      expect(await api.call('GET', path('users', 'no/body & ☃', 'messages'))).toMatchObject({
        status: 200,
        body: { messages: [], hasMore: false },
      });
    });

    test('while the engine is away is a 503', async () => {
      stage.gate.fail('read', AWAY);
      const { status, headers, body } = await api.call('GET', '/api/users/bob/messages');
      expect([status, headers.get('retry-after'), body['code']]).toEqual([503, '1', 'WS_UNAVAILABLE']);
    });
  });

  describe('presence', () => {
    test('of a user: status, connections, and when last seen', async () => {
      await one.connect('bob', 'c1', 'away');
      const { body } = await api.call('GET', '/api/users/bob/presence');
      const connection = { connectionId: 'c1', gatewayId: 'gateway-01', status: 'away', timestamp: expect.any(Number) };
      expect(body).toEqual({ userId: 'bob', status: 'away', connections: [connection] });
      await stage.engine.presence.remove('bob', 'c1');
      expect((await api.call('GET', '/api/users/bob/presence')).body).toEqual({
        userId: 'bob',
        status: 'offline',
        lastSeen: expect.any(Number),
        connections: [],
      });
    });

    test('of many, in the order asked, strangers included', async () => {
      await two.connect('bob', 'c1');
      const ask = (userIds: string[]) => api.call('POST', '/api/presence/query', { userIds });
      const { status, body } = await ask(['nobody', 'bob']);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        users: [
          { userId: 'nobody', status: 'offline' },
          { userId: 'bob', status: 'online' },
        ],
      });
      expect(await ask([])).toMatchObject({ status: 200, body: { users: [] } });
      expect(await ask(Array.from({ length: 501 }, () => 'x'))).toMatchObject({ status: 400 });
    });

    const online = async (limit: number): Promise<string[]> => {
      const users: string[] = [];
      let query = `?limit=${limit}`;
      do {
        const { body } = await api.call('GET', `/api/presence${query}`);
        const page = body['users'] as { userId: string }[];
        expect(page.length).toBeLessThanOrEqual(limit);
        users.push(...page.map(({ userId }) => userId));
        query = body['nextCursor'] === undefined ? '' : `?limit=${limit}&cursor=${nextOf(body)}`;
      } while (query !== '');
      return users;
    };

    test.each([1, 7, 500])('of all who are online, each named once, by pages of %i', async (limit) => {
      for (let n = 0; n < 40; n++) await (n % 2 ? one : two).connect(`user ${n}`, `c${n}`);
      for (let n = 0; n < 10; n++) await (n % 3 ? one : two).connect(`user ${n}`, `b${n}`);
      await one.connect('invisible', 'i1', 'offline');
      expect(sorted(await online(limit))).toEqual(sorted(Array.from({ length: 40 }, (_, n) => `user ${n}`)));
    });

    test('of nobody is empty', async () => {
      expect((await api.call('GET', '/api/presence')).body).toEqual({ users: [] });
    });

    test('goes on where a gateway that left meanwhile stood', async () => {
      await one.connect('alice', 'a1');
      await one.connect('bob', 'b1');
      await two.connect('carol', 'c1');
      const { body } = await api.call('GET', '/api/presence?limit=1');
      await one.leave();
      await eventually(async () => {
        const next = await api.call('GET', `/api/presence?limit=10&cursor=${nextOf(body)}`);
        expect(next.body).toMatchObject({ users: [{ userId: 'carol' }] });
      });
    });

    test('refuses a cursor that is none of its own', async () => {
      for (const cursor of ['x', Buffer.from('["a","b","-1",""]').toString('base64url')])
        expect(await api.call('GET', `/api/presence?cursor=${cursor}`)).toMatchObject({
          status: 400,
          body: { detail: 'cursor must be a nextCursor of this API' },
        });
    });
  });

  describe('connections', () => {
    const notice = (connectionId: string) => ({
      connectionId,
      code: 4502,
      reason: 'disconnected by the server API',
    });

    test('of a user are listed, and disconnected on each gateway that has one', async () => {
      await one.connect('bob', 'c1');
      await two.connect('bob', 'c2');
      await two.connect('carol', 'c3');
      const { body } = await api.call('GET', '/api/users/bob/connections');
      expect(body).toMatchObject({ connections: [{ connectionId: 'c1' }, { connectionId: 'c2' }] });
      const gone = await api.call('DELETE', '/api/users/bob/connections');
      expect([gone.status, gone.body]).toEqual([202, { connections: 2 }]);
      await eventually(() => expect(one.of(GATEWAY.close)).toEqual([notice('c1')]));
      await eventually(() => expect(two.of(GATEWAY.close)).toEqual([notice('c2')]));
    });

    test('are disconnected one by one by telling all gateways', async () => {
      expect((await api.call('DELETE', path('connections', 'c/1'))).status).toBe(202);
      for (const edge of [one, two]) await eventually(() => expect(edge.of(GATEWAY.close)).toEqual([notice('c/1')]));
    });
  });

  describe('conversations', () => {
    test('have the members that were added, until they are removed', async () => {
      const alice = path('conversations', 'room', 'members', 'alice');
      expect((await api.call('GET', '/api/conversations/room')).status).toBe(404);
      expect((await api.call('PUT', alice)).status).toBe(201);
      expect((await api.call('PUT', alice)).status).toBe(204);
      const { body } = await api.call('GET', '/api/conversations/room');
      expect(body).toMatchObject({ conversation: 'room', memberCount: 1, members: ['alice'], lastMessageId: 0 });
      await two.subscribe('room');
      for (const _ of ['removed', 'repeated']) expect((await api.call('DELETE', alice)).status).toBe(204);
      await eventually(() => expect(two.of(GATEWAY.removed)).toContainEqual({ conversation: 'room', userId: 'alice' }));
      const post = { from: 'alice', conversation: 'room', content: 'hi' };
      expect((await api.call('POST', '/api/messages', post)).status).toBe(403);
    });

    test('list their members in pages', async () => {
      const members = Array.from({ length: 30 }, (_, n) => `member ${n}`);
      for (const member of members) await api.call('PUT', path('conversations', 'room', 'members', member));
      const seen: string[] = [];
      let cursor = '';
      do {
        const { body } = await api.call('GET', `/api/conversations/room?limit=7${cursor}`);
        expect(body).toMatchObject({ memberCount: 30 });
        expect(body['members']).toHaveProperty('length', Math.min(7, 30 - seen.length));
        seen.push(...(body['members'] as string[]));
        cursor = body['nextCursor'] === undefined ? '' : `&cursor=${nextOf(body)}`;
      } while (cursor !== '');
      expect(sorted(seen)).toEqual(sorted(members));
    });
  });
});
