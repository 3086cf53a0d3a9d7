import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster, RedisServer, eventually, type Frame, type WireClient } from '#testing';

const withRedis = RedisServer.available ? describe : describe.skip;
const GATEWAYS = ['gateway-01', 'gateway-02', 'gateway-03'] as const;
const API_KEY = 'the-key-of-the-conversation-tests';

const ids = (client: WireClient, conversation: string): unknown[] =>
  client.ofType('message').flatMap((m) => (m['conversation'] === conversation ? [m['messageId']] : []));
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

withRedis('conversations, over three gateways and two routers', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start();
    await Promise.all([
      cluster.spawnAll(GATEWAYS.length, { API_KEY }),
      cluster.spawn('router', 'router-02', { API_KEY }),
    ]);
  }, 60_000);
  afterAll(async () => cluster.stop());

  const connect = async (n: number, userId: string, fields: Frame = {}): Promise<WireClient> => {
    const client = await cluster.connect(GATEWAYS[n % GATEWAYS.length]!);
    expect(await client.register(userId, fields)).toMatchObject({ type: 'registered' });
    return client;
  };
  const member = async (method: 'PUT' | 'DELETE', conversation: string, userId: string): Promise<void> => {
    const url = cluster.app('router-01').url(`/api/conversations/${conversation}/members/${userId}`);
    const answer = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${API_KEY}` },
    });
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  const join = async (conversation: string, ...userIds: readonly string[]): Promise<void> => {
    for (let i = 0; i < userIds.length; i += 100)
      await Promise.all(userIds.slice(i, i + 100).map((userId) => member('PUT', conversation, userId)));
  };
  const subscribe = async (client: WireClient, conversation: string, fields: Frame = {}): Promise<Frame> => {
    const ref = `subscribe ${conversation} ${client.frames.length}`;
    client.send({ type: 'subscribe', conversation, ref, ...fields });
    return eventually(() => {
      const answer = client.frames.find((frame) => frame['ref'] === ref);
      if (!answer) throw new Error('no answer');
      return answer;
    });
  };
  const post = (client: WireClient, conversation: string, content: string): void =>
    client.send({ type: 'message', conversation, content, id: `${conversation} ${content}` });

  test('members on every gateway see every message once and in order; others see and send nothing', async () => {
    await join('team', 'ann', 'ben', 'cid');
    const members = await Promise.all(['ann', 'ben', 'cid'].map((name, n) => connect(n, name)));
    const stranger = await connect(0, 'eve');
    for (const client of members) expect(await subscribe(client, 'team')).toMatchObject({ type: 'subscribed' });
    expect(await subscribe(stranger, 'team')).toMatchObject({ type: 'error', code: 'WS_FORBIDDEN' });
    stranger.send({ type: 'message', conversation: 'team', content: 'x', ref: 'm' });
    await eventually(() => expect(stranger.ofType('error').at(-1)).toMatchObject({ code: 'WS_FORBIDDEN', ref: 'm' }));
    for (let n = 0; n < 300; n++) post(members[n % 3]!, 'team', String(n));
    for (const client of members) await eventually(() => expect(ids(client, 'team')).toEqual(upTo(300)));
    for (const client of members) expect(client.ofType('accepted')).toHaveLength(100);
    expect(ids(stranger, 'team')).toEqual([]);
    await Promise.all([...members, stranger].map((client) => client.close()));
  });

  test('who comes back has what was missed, in order, and then what is new', async () => {
    await join('room', 'ann', 'ben');
    const [ann, ben] = [await connect(0, 'ann'), await connect(1, 'ben')];
    for (const client of [ann, ben]) await subscribe(client, 'room');
    for (let n = 0; n < 10; n++) post(ann, 'room', String(n));
    await eventually(() => expect(ids(ben, 'room')).toEqual(upTo(10)));
    await ben.close();
    for (let n = 10; n < 400; n++) post(ann, 'room', String(n));
    await eventually(() => expect(ann.ofType('accepted')).toHaveLength(400));

    const back = await connect(2, 'ben');
    const opened = await subscribe(back, 'room');
    expect(opened).toMatchObject({ lastMessageId: 400, resumed: true });
    post(ann, 'room', 'last');
    await eventually(() => expect(ids(back, 'room')).toEqual(upTo(401).slice(10)));
    const again = await connect(0, 'ben');
    await subscribe(again, 'room', { lastMessageId: 399, epoch: opened['epoch'] });
    await eventually(() => expect(ids(again, 'room')).toEqual([400, 401]));
    const lost = await connect(1, 'ben');
    expect(await subscribe(lost, 'room', { lastMessageId: 5, epoch: 'another life' })).toMatchObject({
      resumed: false,
    });
    await Promise.all([ann, back, again, lost].map((client) => client.close()));
  });

  test('subscribing again and again while messages arrive loses none and repeats none', async () => {
    await join('storm', 'ann', 'ben');
    const [ann, ben] = [await connect(0, 'ann'), await connect(1, 'ben')];
    const seen: unknown[] = [];
    let sent = 0;
    while (sent < 1_000) {
      for (const end = sent + 10; sent < end; sent++) post(ann, 'storm', String(sent));
      await subscribe(ben, 'storm', { lastMessageId: seen.length });
      for (const end = sent + 10; sent < end; sent++) post(ann, 'storm', String(sent));
      ben.send({ type: 'unsubscribe', conversation: 'storm', ref: `u${sent}` });
      await eventually(() => expect(ben.ofType('unsubscribed').at(-1)).toMatchObject({ ref: `u${sent}` }));
      seen.splice(0, seen.length, ...ids(ben, 'storm'));
      expect(seen).toEqual(upTo(seen.length));
    }
    await eventually(() => expect(ann.ofType('accepted')).toHaveLength(1_000));
    await subscribe(ben, 'storm', { lastMessageId: seen.length });
    await eventually(() => expect(ids(ben, 'storm')).toEqual(upTo(1_000)));
    await Promise.all([ann.close(), ben.close()]);
  });

  test('what a member has read shows in the list, newest conversation first', async () => {
    for (const name of ['older', 'newer']) await join(name, 'lea', 'max');
    const [lea, max] = [await connect(0, 'lea'), await connect(1, 'max')];
    for (const name of ['older', 'newer'])
      for (let n = 0; n < 3; n++) {
        max.send({ type: 'message', conversation: name, content: String(n), ref: `${name}${n}` });
        await eventually(() => expect(max.ofType('accepted').at(-1)).toMatchObject({ ref: `${name}${n}` }));
      }
    lea.send({ type: 'ack', conversation: 'older', messageId: 2, status: 'read', ref: 'a' });
    await eventually(() => expect(lea.ofType('acked')).toHaveLength(1));
    lea.send({ type: 'conversations', ref: 'l' });
    await eventually(() => expect(lea.ofType('conversations')).toHaveLength(1));
    expect(lea.ofType('conversations')[0]).toEqual({
      type: 'conversations',
      ref: 'l',
      conversations: [
        { conversation: 'newer', lastMessageId: 3, read: 0, unread: 3 },
        { conversation: 'older', lastMessageId: 3, read: 2, unread: 1 },
      ],
    });
    await Promise.all([lea.close(), max.close()]);
  });

  test('a removed member is told on every gateway, and hears nothing more', async () => {
    await join('club', 'ned', 'oda');
    const [one, two, oda] = [await connect(0, 'ned'), await connect(1, 'ned'), await connect(2, 'oda')];
    for (const client of [one, two, oda]) await subscribe(client, 'club');
    await member('DELETE', 'club', 'ned');
    for (const client of [one, two])
      await eventually(() =>
        expect(client.ofType('unsubscribed')).toEqual([{ type: 'unsubscribed', conversation: 'club' }]),
      );
    post(oda, 'club', 'about ned');
    await eventually(() => expect(ids(oda, 'club')).toEqual([1]));
    for (const client of [one, two]) {
      expect(await subscribe(client, 'club')).toMatchObject({ code: 'WS_FORBIDDEN' });
      expect(ids(client, 'club')).toEqual([]);
    }
    await Promise.all([one, two, oda].map((client) => client.close()));
  });

  test('10,000 members, 1,000 of them live over three gateways: each sees each message once and in order', async () => {
    const MEMBERS = 10_000;
    const LIVE = 1_000;
    const MESSAGES = 20;
    await join('town', ...Array.from({ length: MEMBERS }, (_, n) => `citizen${n}`));
    const clients: WireClient[] = [];
    while (clients.length < LIVE) {
      const some = Array.from({ length: 50 }, (_, n) => clients.length + n);
      clients.push(...(await Promise.all(some.map((n) => connect(n, `citizen${n}`)))));
    }
    await Promise.all(clients.map(async (client) => subscribe(client, 'town')));
    for (let n = 0; n < MESSAGES; n++) post(clients[n]!, 'town', String(n));
    await eventually(() => expect(clients.filter((client) => ids(client, 'town').length < MESSAGES)).toHaveLength(0), {
      timeoutMs: 60_000,
    });
    for (const client of clients) expect(ids(client, 'town')).toEqual(upTo(MESSAGES));
    for (const client of clients) client.terminate();
  }, 240_000);
});
