import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster, RedisServer, eventually, type WireClient } from '#testing';

const withRedis = RedisServer.available ? describe : describe.skip;
const ids = (client: WireClient): unknown[] => client.ofType('message').map((m) => m['messageId']);

withRedis('delivery, with every service a process of its own', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start();
    await Promise.all([cluster.spawnAll(2), cluster.spawn('router', 'router-02')]);
  }, 60_000);
  afterAll(async () => cluster.stop());

  const connect = async (gateway: string, userId: string, fields = {}): Promise<WireClient> => {
    const client = await cluster.connect(gateway);
    expect(await client.register(userId, fields)).toMatchObject({ type: 'registered' });
    return client;
  };

  test('with manual acks, what is not acknowledged is replayed, per device', async () => {
    const sender = await connect('gateway-01', 'sam');
    for (let n = 1; n <= 5; n++) sender.send({ type: 'message', to: 'mary', content: `${n}`, ref: n });
    await eventually(() => expect(sender.ofType('accepted')).toHaveLength(5));

    const phone = await connect('gateway-02', 'mary', { device: 'phone', ack: 'manual' });
    await eventually(() => expect(ids(phone)).toEqual([1, 2, 3, 4, 5]));
    phone.send({ type: 'ack', messageId: 3, status: 'delivered', ref: 'a' });
    await eventually(() => expect(phone.ofType('acked')).toEqual([{ type: 'acked', ref: 'a' }]));
    await phone.close();

    const again = await connect('gateway-01', 'mary', { device: 'phone', ack: 'manual' });
    await eventually(() => expect(ids(again)).toEqual([4, 5]));
    const explicit = await connect('gateway-01', 'mary', { device: 'tablet', ack: 'manual', lastMessageId: 1 });
    await eventually(() => expect(ids(explicit)).toEqual([2, 3, 4, 5]));
    await Promise.all([sender.close(), again.close(), explicit.close()]);
  });

  test('every live connection of the sender hears once that a message with an id was received, and read', async () => {
    const [one, two] = [await connect('gateway-01', 'sue'), await connect('gateway-02', 'sue', { device: 'other' })];
    const bob = await connect('gateway-02', 'ben', { ack: 'manual' });
    for (const id of ['m1', 'm2', 'm3']) one.send({ type: 'message', to: 'ben', content: id, id });
    one.send({ type: 'message', to: 'ben', content: 'without an id' });
    await eventually(() => expect(ids(bob)).toEqual([1, 2, 3, 4]));
    bob.send({ type: 'ack', messageId: 2, status: 'delivered' });
    const receipt = (messageId: number, status: string) => ({
      type: 'receipt',
      to: 'ben',
      messageId,
      status,
      timestamp: expect.any(Number),
    });
    for (const client of [one, two])
      await eventually(() => expect(client.ofType('receipt')).toEqual([receipt(2, 'delivered')]));
    one.send({ type: 'status', to: 'ben', ref: 's' });
    await eventually(() =>
      expect(one.ofType('status')).toEqual([{ type: 'status', ref: 's', to: 'ben', delivered: 2, read: 0 }]),
    );
    bob.send({ type: 'ack', messageId: 4, status: 'read' });
    for (const client of [one, two])
      await eventually(() => expect(client.ofType('receipt').at(-1)).toEqual(receipt(3, 'read')));
    await Promise.all([one.close(), two.close(), bob.close()]);
  });

  test('sync gives pages by id and by time, whatever has been delivered', async () => {
    const sender = await connect('gateway-01', 'syd');
    for (let n = 1; n <= 7; n++) sender.send({ type: 'message', to: 'syd', content: `${n}`, ref: n });
    await eventually(() => expect(sender.ofType('accepted')).toHaveLength(7));
    await eventually(() => expect(ids(sender)).toHaveLength(7));
    sender.send({ type: 'sync', lastMessageId: 2, limit: 3, ref: 1 });
    const synced = await eventually(() => {
      const [first] = sender.ofType('synced');
      if (!first) throw new Error('not yet');
      return first;
    });
    expect(synced).toMatchObject({ ref: 1, hasMore: true, epoch: expect.any(String) });
    expect((synced['messages'] as { messageId: number }[]).map((m) => m.messageId)).toEqual([3, 4, 5]);
    const fourth = sender.ofType('message')[3]?.['timestamp'];
    sender.send({ type: 'sync', lastSyncTime: fourth, ref: 2 });
    await eventually(() => expect(sender.ofType('synced')).toHaveLength(2));
    const later = sender.ofType('synced')[1] as { messages: { messageId: number }[]; hasMore: boolean };
    expect(later.hasMore).toBe(false);
    // Those stored in the same millisecond as the fourth are not after its time.
    expect(later.messages.map((m) => m.messageId)).toEqual(
      ids(sender).filter((id) => {
        const message = sender.ofType('message').find((m) => m['messageId'] === id);
        return Number(message?.['timestamp']) > Number(fourth);
      }),
    );
    await sender.close();
  });

  test('ephemeral messages reach who is there, have no id, and are kept for nobody', async () => {
    const sender = await connect('gateway-01', 'eve');
    const there = await connect('gateway-02', 'ed');
    sender.send({ type: 'message', to: 'ed', content: 'typing', kind: 'typing', ephemeral: true, ref: 1 });
    expect(await there.next()).toEqual({
      type: 'message',
      from: 'eve',
      content: 'typing',
      to: 'ed',
      kind: 'typing',
      timestamp: expect.any(Number),
    });
    expect(await sender.next()).toEqual({ type: 'accepted', ref: 1, timestamp: expect.any(Number) });
    await there.close();
    const back = await connect('gateway-02', 'ed', { lastMessageId: 0 });
    sender.send({ type: 'message', to: 'ed', content: 'kept' });
    expect(await back.next()).toMatchObject({ content: 'kept', messageId: 1 });
    await Promise.all([sender.close(), back.close()]);
  });

  test('a loss of the data is said: another epoch, not resumed, and nothing is skipped', async () => {
    const first = await connect('gateway-01', 'fay');
    first.send({ type: 'message', to: 'fay', content: 'old', ref: 1 });
    await eventually(() => expect(ids(first)).toEqual([1]));
    const { epoch } = first.frames[0] as { epoch: string };
    await first.close();
    await cluster.redis.flushAll();
    const sender = await connect('gateway-02', 'fred');
    await eventually(async () => {
      sender.send({ type: 'message', to: 'fay', content: 'new', id: 'new' });
      await eventually(() => expect(sender.ofType('accepted').length).toBeGreaterThan(0), { timeoutMs: 500 });
    });
    const back = await cluster.connect('gateway-01');
    const registered = await back.register('fay', { lastMessageId: 1, epoch });
    expect(registered).toMatchObject({ type: 'registered', resumed: false, lastMessageId: 1 });
    expect(registered['epoch']).not.toBe(epoch);
    expect(await back.next()).toMatchObject({ content: 'new', messageId: 1 });
    await Promise.all([sender.close(), back.close()]);
  });
});

withRedis('delivery with other settings', () => {
  test('RECIPIENTS=known refuses who never registered; SENDER_COPIES=on shows what one device sends to the others', async () => {
    const cluster = await Cluster.start();
    try {
      await cluster.spawnAll(2, { RECIPIENTS: 'known', SENDER_COPIES: 'on' });
      const phone = await cluster.connect('gateway-01');
      await phone.register('ann', { device: 'phone' });
      phone.send({ type: 'message', to: 'nobody', content: 'x', ref: 1 });
      expect(await phone.next()).toEqual({ type: 'error', error: 'User not found', code: 'WS_USER_NOT_FOUND', ref: 1 });
      const bob = await cluster.connect('gateway-02');
      await bob.register('bob');
      const desk = await cluster.connect('gateway-02');
      await desk.register('ann', { device: 'desk' });
      phone.send({ type: 'message', to: 'bob', content: 'hello', id: 'c1' });
      phone.send({ type: 'message', to: 'bob', content: 'hello', id: 'c1' });
      expect(await bob.next()).toMatchObject({ from: 'ann', to: 'bob', content: 'hello', messageId: 1 });
      const copy = { type: 'message', from: 'ann', to: 'bob', content: 'hello', messageId: 1, id: 'c1' };
      for (const client of [phone, desk])
        await eventually(() => expect(client.ofType('message')).toEqual([expect.objectContaining(copy)]));
      await eventually(() => expect(phone.ofType('accepted')).toHaveLength(2));
      expect(bob.ofType('message')).toHaveLength(1);
    } finally {
      await cluster.stop();
    }
  }, 60_000);
});
