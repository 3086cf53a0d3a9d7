import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AppProcess, Cluster, RedisServer, WireClient, eventually, freePort, type Frame } from '#testing';

const API_KEY = 'the-key-of-the-end-to-end-tests';
const SYSTEMS = RedisServer.available ? (['two gateways', 'standalone'] as const) : (['standalone'] as const);

/** Where the API is, and clients by turns on one gateway and the other (in standalone there is one). */
interface System {
  readonly api: AppProcess;
  connect(n: number): Promise<WireClient>;
  stop(): Promise<void>;
}

async function separate(): Promise<System> {
  const cluster = await Cluster.start();
  await cluster.spawnAll(2, { API_KEY });
  return {
    api: cluster.app('router-01'),
    connect: (n) => cluster.connect(n % 2 ? 'gateway-02' : 'gateway-01'),
    stop: () => cluster.stop(),
  };
}

async function standalone(): Promise<System> {
  const directory = await mkdtemp(join(tmpdir(), 'switchboard-server-api-'));
  const api = await AppProcess.spawn('standalone', await freePort(), { DATA_DIR: directory, API_KEY }).ready();
  const stop = async (): Promise<void> => {
    await api.kill();
    await rm(directory, { recursive: true, force: true });
  };
  return { api, connect: () => WireClient.connect(`ws://127.0.0.1:${api.port}/ws`), stop };
}

describe.each(SYSTEMS)('the server API of %s', (name) => {
  let system: System;
  const clients: WireClient[] = [];

  beforeAll(async () => {
    system = await (name === 'standalone' ? standalone() : separate());
  }, 60_000);
  afterAll(async () => {
    for (const client of clients) client.terminate();
    await system.stop();
  });
  const register = async (n: number, userId: string, fields: Frame = {}): Promise<WireClient> => {
    const client = await system.connect(n);
    clients.push(client);
    expect(await client.register(userId, fields)).toMatchObject({ type: 'registered' });
    return client;
  };
  const call = async (method: string, path: string, body?: object): Promise<[number, Record<string, unknown>]> => {
    const answer = await fetch(system.api.url(path), {
      method,
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.text();
    return [answer.status, (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>];
  };

  test('without the key refuses with a problem', async () => {
    const answer = await fetch(system.api.url('/api/presence'));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
    expect(await answer.json()).toMatchObject({ status: 401, code: 'WS_NOT_AUTHENTICATED' });
  });

  test('sends a message to whoever is connected, and to whoever comes later, in order with those of clients', async () => {
    const [alice, bob] = [await register(0, 'alice'), await register(1, 'bob')];
    expect(await call('POST', '/api/messages', { from: 'shop', to: 'bob', content: '1', id: 'a' })).toEqual([
      201,
      { messageId: 1, timestamp: expect.any(Number), duplicate: false },
    ]);
    alice.send({ type: 'message', to: 'bob', content: '2', ref: 1 });
    expect(await alice.next()).toMatchObject({ type: 'accepted', messageId: 2 });
    expect(await call('POST', '/api/messages', { from: 'shop', to: 'bob', content: '1', id: 'a' })).toMatchObject([
      201,
      { messageId: 1, duplicate: true },
    ]);
    await call('POST', '/api/messages', { from: 'shop', to: 'bob', content: '3' });
    for (const [messageId, from] of [
      [1, 'shop'],
      [2, 'alice'],
      [3, 'shop'],
    ])
      expect(await bob.next()).toMatchObject({ type: 'message', messageId, from, content: String(messageId) });
    const again = await register(0, 'bob', { lastMessageId: 1 });
    for (const messageId of [2, 3]) expect(await again.next()).toMatchObject({ type: 'message', messageId });
    const [status, page] = await call('GET', '/api/users/bob/messages?after=1&limit=1');
    expect([status, page]).toMatchObject([200, { messages: [{ messageId: 2, from: 'alice' }], hasMore: true }]);
  });

  test('knows who is online, on whichever gateway', async () => {
    const carol = await register(0, 'carol', { device: 'phone' });
    await register(1, 'carol', { device: 'desk' });
    expect(await call('GET', '/api/users/carol/presence')).toMatchObject([
      200,
      { userId: 'carol', status: 'online', connections: [{ device: 'phone' }, { device: 'desk' }] },
    ]);
    const [, { users }] = await call('GET', '/api/presence?limit=500');
    expect((users as { userId: string }[]).filter(({ userId }) => userId === 'carol')).toHaveLength(1);
    await carol.close();
    await eventually(async () =>
      expect(await call('GET', '/api/users/carol/connections')).toMatchObject([
        200,
        { connections: [{ device: 'desk' }] },
      ]),
    );
  });

  test('disconnects a user on every gateway, and one connection wherever it is', async () => {
    const [one, two, other] = [await register(0, 'dave'), await register(1, 'dave'), await register(1, 'erin')];
    expect(await call('DELETE', '/api/users/dave/connections')).toEqual([202, { connections: 2 }]);
    const closed = { code: 4502, reason: 'disconnected by the server API' };
    for (const client of [one, two]) await eventually(() => expect(client.closed).toEqual(closed));
    await eventually(async () =>
      expect(await call('GET', '/api/users/dave/presence')).toMatchObject([
        200,
        { status: 'offline', connections: [] },
      ]),
    );
    expect(other.closed).toBeUndefined();
    const [, { connections }] = await call('GET', '/api/users/erin/connections');
    const [found] = connections as { connectionId: string }[];
    expect(await call('DELETE', `/api/connections/${found?.connectionId}`)).toEqual([202, {}]);
    await eventually(() => expect(other.closed).toEqual(closed));
  });

  test('broadcasts to every connection of every gateway', async () => {
    const all = [await register(0, 'fay'), await register(1, 'gus')];
    expect(await call('POST', '/api/broadcast', { from: 'ops', content: 'noon' })).toMatchObject([
      202,
      { gateways: name === 'standalone' ? 1 : 2 },
    ]);
    for (const client of all) {
      const frame = await client.next();
      expect(frame).toMatchObject({ type: 'message', from: 'ops', content: 'noon', kind: 'text' });
      expect(frame['messageId']).toBeUndefined();
    }
  });

  test('decides who belongs to a conversation', async () => {
    const member = '/api/conversations/room/members/hal';
    const post = { from: 'hal', conversation: 'room', content: 'hi' };
    expect((await call('POST', '/api/messages', post))[0]).toBe(403);
    expect((await call('PUT', member))[0]).toBe(201);
    const hal = await register(1, 'hal');
    hal.send({ type: 'subscribe', conversation: 'room' });
    expect(await hal.next()).toMatchObject({ type: 'subscribed', conversation: 'room' });
    expect(await call('POST', '/api/messages', post)).toMatchObject([201, { messageId: 1 }]);
    expect(await hal.next()).toMatchObject({ type: 'message', conversation: 'room', messageId: 1, content: 'hi' });
    expect(await call('GET', '/api/conversations/room')).toMatchObject([200, { memberCount: 1, members: ['hal'] }]);
    expect((await call('DELETE', member))[0]).toBe(204);
    expect(await hal.next()).toMatchObject({ type: 'unsubscribed', conversation: 'room' });
    expect((await call('POST', '/api/messages', post))[0]).toBe(403);
  });

  test('is described at /docs', async () => {
    expect((await fetch(system.api.url('/docs'))).status).toBe(200);
    expect(await system.api.json('/docs/openapi.json')).toMatchObject({ openapi: '3.1.0' });
  });
});
