import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster, PackClient, RedisServer, eventually, type Frame, type PackFrame, type WireClient } from '#testing';

const withRedis = RedisServer.available ? describe : describe.skip;
const API_KEY = 'the-key-of-the-msgpack-tests';

/** Types of PROTOCOL.md §8. */
const [AUTH, CHAT, ACK, SYNC, PRESENCE, PING] = [1, 2, 3, 4, 5, 6];
const [SUBSCRIBE, UNSUBSCRIBE, WATCH, UNWATCH, STATUS, CONVERSATIONS] = [7, 8, 9, 10, 11, 12];
const [AUTH_RSP, CHAT_PUSH, SYNC_RSP, PRESENCE_PUSH, PONG, ERROR] = [101, 102, 103, 104, 105, 106];
const [ACCEPTED, RECEIPT, CLOSING, OK] = [107, 108, 109, 110];

/** Beyond what a double can say: 2^53 + 1. */
const BIG = 9_007_199_254_740_993n;
const time = expect.any(Number);

withRedis('MessagePack, with every service a process of its own', () => {
  let cluster: Cluster;
  const clients: PackClient[] = [];

  beforeAll(async () => {
    cluster = await Cluster.start();
    await cluster.spawnAll(2, { API_KEY });
  }, 60_000);
  afterAll(async () => {
    for (const client of clients) client.terminate();
    await cluster.stop();
  });

  const packOf = async (gateway: string, protocols?: string[]): Promise<PackClient> => {
    const client = await PackClient.connect(cluster.gatewayUrl(gateway), protocols && { protocols });
    clients.push(client);
    return client;
  };
  const jsonOf = async (gateway: string, userId: string, fields: Frame = {}): Promise<WireClient> => {
    const client = await cluster.connect(gateway);
    expect(await client.register(userId, fields)).toMatchObject({ type: 'registered' });
    return client;
  };
  /** The answer to one command, whatever is pushed meanwhile. */
  const ask = async (client: PackClient, type: number, seq: number, payload?: object): Promise<PackFrame> => {
    client.send(type, seq, payload);
    return eventually(() => {
      const answer = client.frames.find((frame) => frame.seq === seq);
      if (!answer) throw new Error(`no answer to ${seq} among ${client.frames.length}`);
      return answer;
    });
  };
  const pushes = (client: PackClient, type: number): PackFrame['payload'][] =>
    client.frames.filter((frame) => frame.type === type && frame.seq === 0).map(({ payload }) => payload);
  const join = async (conversation: string, userId: string): Promise<void> => {
    const url = cluster.app('router-01').url(`/api/conversations/${conversation}/members/${userId}`);
    const { ok, status } = await fetch(url, { method: 'PUT', headers: { authorization: `Bearer ${API_KEY}` } });
    expect([ok, status]).toEqual([true, status]);
  };

  /** Two who have registered: in JSON on one gateway, in MessagePack on the other. */
  const pair = async (userId: string, int64: bigint | number): Promise<[WireClient, PackClient]> => {
    const [json, pack] = await Promise.all([jsonOf('gateway-01', userId), packOf('gateway-02')]);
    expect(await ask(pack, AUTH, 1, { user_id: int64 })).toMatchObject({ type: AUTH_RSP, payload: { success: true } });
    return [json, pack];
  };
  const ok = (seq: number, payload: object) => ({ type: OK, seq, payload });

  test('Ping needs no payload and no Auth; AuthRsp says all that it may', async () => {
    const client = await packOf('gateway-02');
    expect(await ask(client, PING, 1, Buffer.alloc(0))).toEqual({ type: PONG, seq: 1, payload: {} });
    const payload = {
      success: true,
      user_id: BIG + 1n,
      connection_id: expect.any(String),
      last_message_id: 0,
      epoch: expect.any(String),
      resumed: true,
    };
    const answer = await ask(client, AUTH, 2, { user_id: BIG + 1n, device: 'phone' });
    expect(answer).toEqual({ type: AUTH_RSP, seq: 2, payload });
    await client.close();
  });

  test('a JSON and a MessagePack client of two gateways talk', async () => {
    const [alice, big] = await pair('alice', BIG);
    alice.send({ type: 'message', to: `${BIG}`, content: 'Hello, 2^53 + 1!', id: 'a1' });
    const pushed = { message_id: 1, from: 'alice', to: BIG, type: 'text', content: 'Hello, 2^53 + 1!', id: 'a1' };
    await eventually(() => expect(pushes(big, CHAT_PUSH)).toEqual([{ ...pushed, timestamp: time }]));

    const chat = { to: 'alice', type: 'voice', content: 'Hé 😀', id: 'p1' };
    const accepted = { message_id: 1, timestamp: time, id: 'p1' };
    expect(await ask(big, CHAT, 2, chat)).toEqual({ type: ACCEPTED, seq: 2, payload: accepted });
    expect(await ask(big, CHAT, 3, chat)).toEqual({
      type: ACCEPTED,
      seq: 3,
      payload: { ...accepted, duplicate: true },
    });
    const event = {
      type: 'message',
      from: `${BIG}`,
      to: 'alice',
      content: 'Hé 😀',
      messageId: 1,
      kind: 'voice',
      id: 'p1',
    };
    await eventually(() => expect(alice.ofType('message')).toEqual([{ ...event, timestamp: time }]));

    expect(await ask(big, SYNC, 4, { last_message_id: 0, last_sync_time: 0 })).toEqual({
      type: SYNC_RSP,
      seq: 4,
      payload: { messages: [{ ...pushed, timestamp: time }], has_more: false, epoch: expect.any(String) },
    });
    expect(await ask(big, CHAT, 5, { type: 'text', content: 'to nobody' })).toEqual({
      type: ERROR,
      seq: 5,
      payload: { code: 'WS_INVALID_PAYLOAD', message: 'Recipient is required' },
    });
    await Promise.all([alice.close(), big.close()]);
  });

  test('acks, receipts and how far somebody has read', async () => {
    const [ada, big] = await pair('ada', BIG + 2n);
    ada.send({ type: 'message', to: `${BIG + 2n}`, content: 'one', id: 'a1' });
    await eventually(() => expect(pushes(big, CHAT_PUSH)).toHaveLength(1));
    expect(await ask(big, ACK, 2, { message_id: 1, status: 'read' })).toEqual(ok(2, {}));
    const receipt = { type: 'receipt', to: `${BIG + 2n}`, messageId: 1, status: 'read', timestamp: time };
    await eventually(() => expect(ada.ofType('receipt')).toContainEqual(receipt));

    await ask(big, CHAT, 3, { to: 'ada', content: 'two', id: 'p1' });
    ada.send({ type: 'ack', messageId: 1, status: 'read' });
    const read = { to: 'ada', message_id: 1, status: 'read', timestamp: time };
    await eventually(() => expect(pushes(big, RECEIPT)).toContainEqual(read));
    expect(await ask(big, STATUS, 4, { to: 'ada' })).toEqual(ok(4, { to: 'ada', delivered: 1, read: 1 }));
    await Promise.all([ada.close(), big.close()]);
  });

  test('statuses, watched from both sides', async () => {
    const [amy, big] = await pair('amy', BIG + 4n);
    amy.send({ type: 'watch', userIds: [`${BIG + 4n}`], ref: 'w' });
    const statuses = [{ userId: `${BIG + 4n}`, status: 'online' }];
    await eventually(() => expect(amy.ofType('watching')).toEqual([{ type: 'watching', ref: 'w', statuses }]));
    const watched = [
      { user_id: 'amy', status: 'online' },
      { user_id: 5, status: 'offline' },
    ];
    expect(await ask(big, WATCH, 2, { user_ids: ['amy', 5] })).toEqual(ok(2, { statuses: watched }));

    expect(await ask(big, PRESENCE, 3, { status: 'away' })).toEqual(ok(3, {}));
    const away = { type: 'presence', userId: `${BIG + 4n}`, status: 'away' };
    await eventually(() => expect(amy.ofType('presence')).toEqual([away]));
    amy.send({ type: 'presence', status: 'away' });
    await eventually(() => expect(pushes(big, PRESENCE_PUSH)).toEqual([{ user_id: 'amy', status: 'away' }]));
    expect(await ask(big, UNWATCH, 4, { user_ids: ['amy', 5] })).toEqual(ok(4, { statuses: [] }));
    await Promise.all([amy.close(), big.close()]);
  });

  test('conversations, whose names stay texts', async () => {
    const [ann, big] = await pair('anna', BIG + 6n);
    for (const userId of ['anna', `${BIG + 6n}`]) await join('7', userId);
    const opened = { conversation: '7', last_message_id: 0, epoch: expect.any(String), resumed: true };
    expect(await ask(big, SUBSCRIBE, 2, { conversation: '7' })).toEqual(ok(2, opened));
    ann.send({ type: 'message', conversation: '7', content: 'all of you' });
    const said = { message_id: 1, from: 'anna', conversation: '7', type: 'text', content: 'all of you' };
    await eventually(() => expect(pushes(big, CHAT_PUSH)).toEqual([{ ...said, timestamp: time }]));
    const chat = await ask(big, CHAT, 3, { conversation: '7', content: 'hm' });
    expect(chat).toEqual({ type: ACCEPTED, seq: 3, payload: { message_id: 2, timestamp: time } });
    const overview = { conversation: '7', last_message_id: 2, read: 0, unread: expect.any(Number) };
    expect(await ask(big, CONVERSATIONS, 4, Buffer.alloc(0))).toEqual(ok(4, { conversations: [overview] }));
    expect(await ask(big, UNSUBSCRIBE, 5, { conversation: '7' })).toEqual(ok(5, { conversation: '7' }));
    await Promise.all([ann.close(), big.close()]);
  });

  test('acks are manual by default: what is not acknowledged is replayed', async () => {
    const alice = await jsonOf('gateway-01', 'ann');
    for (let n = 1; n <= 5; n++) alice.send({ type: 'message', to: '-42', content: `${n}`, ref: n });
    await eventually(() => expect(alice.ofType('accepted')).toHaveLength(5));
    const received = (client: PackClient): unknown[] => pushes(client, CHAT_PUSH).map((push) => push['message_id']);

    const first = await packOf('gateway-02');
    expect(await ask(first, AUTH, 1, { user_id: -42 })).toMatchObject({
      payload: { user_id: -42, last_message_id: 5 },
    });
    await eventually(() => expect(received(first)).toEqual([1, 2, 3, 4, 5]));
    expect(pushes(first, CHAT_PUSH)[0]).toMatchObject({ from: 'ann', to: -42 });
    await ask(first, ACK, 2, { message_id: 3, status: 'delivered' });
    await first.close();

    // The text says the same user as the integer did.
    const second = await packOf('gateway-01');
    expect(await ask(second, AUTH, 1, { user_id: '-42' })).toMatchObject({ payload: { user_id: -42 } });
    await eventually(() => expect(received(second)).toEqual([4, 5]));
    const third = await packOf('gateway-01');
    expect(await ask(third, AUTH, 1, { user_id: '007', ack: 'auto' })).toMatchObject({ payload: { user_id: '007' } });
    await Promise.all([alice.close(), second.close(), third.close()]);
  });

  test('bytes written by hand are understood, and answered byte by byte; no subprotocol is needed', async () => {
    const client = await packOf('gateway-01', []);
    const bytes: string[] = [];
    client.socket.on('message', (data: Buffer) => bytes.push(data.toString('hex')));
    const head = (type: string, seq: string) => `83a474797065${type}a3736571${seq}a77061796c6f6164`;
    const hand = (hex: string) => client.raw(Buffer.from(hex, 'hex'));

    hand(`${head('06', '01')}c400`);
    hand('82a474797065d006a3736571d30000000000000002');
    await eventually(() => expect(bytes).toEqual([`${head('69', '01')}c40180`, `${head('69', '02')}c40180`]));

    // Auth {user_id: int64 -9223372036854775808}, its payload in a bin 16 and a map 16, its seq a float.
    hand(`${head('01', 'cb4008000000000000')}c50014de0001a7757365725f6964d38000000000000000`);
    await eventually(() => expect(bytes).toHaveLength(3));
    expect(bytes[2]).toMatch(
      new RegExp(`^${head('65', '03')}c4..86a773756363657373c3a7757365725f6964d38000000000000000`),
    );

    // To itself: Chat {to: the same as text, content: "Hi"}.
    const to = Buffer.from('-9223372036854775808').toString('hex');
    hand(`${head('02', '04')}c42582a2746fb4${to}a7636f6e74656e74d9024869`);
    await eventually(() => expect(bytes).toHaveLength(5));
    const push = bytes.find((each) => each.startsWith(head('66', '00')));
    expect(push).toContain(
      'a466726f6dd38000000000000000a2746fd38000000000000000a474797065a474657874a7636f6e74656e74a24869',
    );
    await client.close();
  });

  test('before a planned close comes Closing', async () => {
    const client = await packOf('gateway-02');
    await ask(client, AUTH, 1, { user_id: 77 });
    void cluster.app('gateway-02').terminate();
    await eventually(() => expect(client.closed).toBe(1012));
    expect(pushes(client, CLOSING)).toEqual([{ reason: expect.any(String), reconnect_after_ms: time }]);
  });
});
