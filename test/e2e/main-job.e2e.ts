import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster, RedisServer, eventually, type Frame } from '#testing';

const withRedis = RedisServer.available ? describe : describe.skip;

withRedis('the three services, each a process of its own, on a real Redis', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start();
    await cluster.spawnAll(2);
  }, 60_000);

  afterAll(async () => cluster.stop());

  test('the examples of the protocol work exactly as written', async () => {
    const alice = await cluster.connect('gateway-01');
    alice.send('{"type":"ping"}');
    expect(await alice.next()).toEqual({ type: 'pong' });
    alice.send('{"type":"register","userId":"alice"}');
    expect(await alice.next()).toEqual({
      type: 'registered',
      content: 'Successfully registered',
      userId: 'alice',
      connectionId: expect.stringMatching(/^.+$/),
      gatewayId: 'gateway-01',
      lastMessageId: 0,
      epoch: expect.stringMatching(/^.+$/),
      heartbeat: { intervalMs: 30_000, timeoutMs: 90_000 },
      resumed: true,
    });
    alice.send('{"type":"ping"}');
    expect(await alice.next()).toEqual({ type: 'pong' });
    const bob = await cluster.connect('gateway-02');
    await bob.register('bob');
    alice.send('{"type":"message","to":"bob","content":"Hello!"}');
    expect(await bob.next()).toEqual({
      type: 'message',
      from: 'alice',
      content: 'Hello!',
      to: 'bob',
      messageId: 1,
      kind: 'text',
      timestamp: expect.any(Number),
    });
    alice.send({ type: 'ping', ref: 'after' });
    expect(await alice.next()).toEqual({ type: 'pong', ref: 'after' });
    await Promise.all([alice.close(), bob.close()]);
  });

  test('accepted comes for a message with a ref or an id, and a repeat of the id stores nothing twice', async () => {
    const carol = await cluster.connect('gateway-01');
    await carol.register('carol');
    const dave = await cluster.connect('gateway-02');
    await dave.register('dave');
    const message = { type: 'message', to: 'dave', content: 'once', id: 'm-1' };
    carol.send({ ...message, ref: 7 });
    const first = await carol.next();
    expect(first).toEqual({ type: 'accepted', ref: 7, messageId: 1, timestamp: expect.any(Number), id: 'm-1' });
    carol.send(message);
    const { timestamp } = first;
    expect(await carol.next()).toEqual({ type: 'accepted', messageId: 1, timestamp, id: 'm-1', duplicate: true });
    carol.send({ type: 'message', to: 'dave', content: 'next', ref: 'r' });
    expect(await carol.next()).toEqual({ type: 'accepted', ref: 'r', messageId: 2, timestamp: expect.any(Number) });
    await eventually(() => expect(dave.ofType('message').map((m) => m['messageId'])).toEqual([1, 2]));
    await Promise.all([carol.close(), dave.close()]);
  });

  test('whoever is away finds everything, in order, on coming back to another gateway', async () => {
    const erin = await cluster.connect('gateway-01');
    await erin.register('erin');
    for (let n = 1; n <= 250; n++) erin.send({ type: 'message', to: 'frank', content: `note ${n}`, ref: n });
    await eventually(() => expect(erin.ofType('accepted')).toHaveLength(250));
    const frank = await cluster.connect('gateway-02');
    expect(await frank.register('frank')).toMatchObject({ type: 'registered', lastMessageId: 250 });
    await eventually(() => expect(frank.ofType('message')).toHaveLength(250));
    expect(frank.ofType('message').map((m) => m['content'])).toEqual(
      Array.from({ length: 250 }, (_, i) => `note ${i + 1}`),
    );
    await frank.close();
    const again = await cluster.connect('gateway-01');
    await again.register('frank');
    erin.send({ type: 'message', to: 'frank', content: 'live' });
    expect(await again.next()).toMatchObject({ type: 'message', messageId: 251, content: 'live' });
    await Promise.all([erin.close(), again.close()]);
  });

  const ERRORS: readonly (readonly [name: string, frame: string, error: Frame])[] = [
    ['no JSON', '{nope', { error: 'Invalid message format', code: 'WS_INVALID_MESSAGE' }],
    ['no object', '[1]', { error: 'Invalid message format', code: 'WS_INVALID_MESSAGE' }],
    ['an unknown type', '{"type":"dance"}', { error: 'Unknown message type', code: 'WS_INVALID_MESSAGE' }],
    [
      'no user id',
      '{"type":"register","ref":1}',
      { error: 'UserID is required for registration', code: 'WS_INVALID_PAYLOAD', ref: 1 },
    ],
    [
      'a message before registration',
      '{"type":"message","to":"bob","content":"x","ref":2}',
      { error: 'Not registered', code: 'WS_NOT_AUTHENTICATED', ref: 2 },
    ],
  ];
  test.each(ERRORS)('%s is answered with its error, and the connection stays', async (_name, frame, error) => {
    const client = await cluster.connect('gateway-01');
    client.send(frame);
    expect(await client.next()).toEqual({ type: 'error', ...error });
    client.send('{"type":"ping"}');
    expect(await client.next()).toEqual({ type: 'pong' });
    await client.close();
  });

  test('a message without a recipient is answered with its error', async () => {
    const client = await cluster.connect('gateway-01');
    await client.register('gina');
    client.send('{"type":"message","content":"to whom?"}');
    expect(await client.next()).toEqual({
      type: 'error',
      error: 'Recipient is required',
      code: 'WS_INVALID_PAYLOAD',
    });
    await client.close();
  });

  test('operators see where a user is in Redis, and nobody after the user has left', async () => {
    const client = await cluster.connect('gateway-02');
    const { connectionId } = await client.register('heidi', { device: 'phone' });
    const seen = await cluster.redis.withClient((redis) => redis.hgetall('presence:heidi'));
    expect(Object.keys(seen)).toEqual([connectionId]);
    expect(seen[String(connectionId)]).toContain('gateway-02');
    expect(seen[String(connectionId)]).toContain('phone');
    expect(await cluster.redis.withClient((redis) => redis.ttl('presence:heidi'))).toBeGreaterThan(60);
    await client.close();
    await eventually(async () =>
      expect(await cluster.redis.withClient((redis) => redis.exists('presence:heidi'))).toBe(0),
    );
  });

  test('the gateway counts what it does', async () => {
    const before = await cluster.app('gateway-01').json('/stats');
    const client = await cluster.connect('gateway-01');
    await client.register('ivan');
    client.send({ type: 'message', to: 'ivan', content: 'self', ref: 1 });
    await eventually(() => expect(client.ofType('message')).toHaveLength(1));
    const stats = await cluster.app('gateway-01').json('/stats');
    expect(stats).toMatchObject({ gatewayId: 'gateway-01' });
    for (const key of ['connections', 'users', 'accepted', 'delivered'])
      expect(Number(stats[key])).toBe(Number(before[key]) + 1);
    await client.close();
    await eventually(async () =>
      expect(await cluster.app('gateway-01').json('/stats')).toMatchObject({ connections: before['connections'] }),
    );
  });

  test('every app answers its health and metrics', async () => {
    for (const id of ['gateway-01', 'presence-01', 'router-01']) {
      for (const path of ['/health', '/health/live', '/health/ready', '/stats', '/metrics']) {
        const answer = await fetch(cluster.app(id).url(path));
        expect([id, path, answer.status]).toEqual([id, path, 200]);
      }
    }
  });
});
