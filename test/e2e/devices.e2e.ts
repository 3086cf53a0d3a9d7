import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster, RedisServer, eventually, type WireClient } from '#testing';

const withRedis = RedisServer.available ? describe : describe.skip;
const contents = (client: WireClient): unknown[] => client.ofType('message').map((m) => m['content']);

withRedis('devices, over two gateways', () => {
  let cluster: Cluster;
  const clients: WireClient[] = [];

  beforeAll(async () => {
    cluster = await Cluster.start();
    await cluster.spawnAll(2);
  }, 60_000);
  afterAll(async () => {
    for (const client of clients) client.terminate();
    await cluster.stop();
  });

  const connect = async (gateway: 1 | 2, userId: string, device?: string): Promise<WireClient> => {
    const client = await cluster.connect(`gateway-0${gateway}`);
    clients.push(client);
    expect(await client.register(userId, device === undefined ? {} : { device })).toMatchObject({ type: 'registered' });
    return client;
  };
  const replaced = (client: WireClient) => eventually(() => expect(client.closed).toMatchObject({ code: 4501 }));

  test.each([1, 2] as const)('the same device replaces its earlier connection at once, from gateway %s', async (to) => {
    const user = `rita${to}`;
    const [phone, laptop] = [await connect(1, user, 'phone'), await connect(2, user, 'laptop')];
    const again = await connect(to, user, 'phone');
    await replaced(phone);
    const sender = await connect(1, 'sender');
    sender.send({ type: 'message', to: user, content: 'once' });
    for (const client of [again, laptop]) await eventually(() => expect(contents(client)).toEqual(['once']));
    expect([again.closed, laptop.closed]).toEqual([undefined, undefined]);
    await again.close();
    await laptop.close();
  });

  test('three devices are live, each receives everything; a fourth replaces the oldest', async () => {
    const devices = [await connect(1, 'max', 'a'), await connect(2, 'max', 'b'), await connect(1, 'max', 'c')];
    const sender = await connect(2, 'sender');
    sender.send({ type: 'message', to: 'max', content: 'one' });
    for (const client of devices) await eventually(() => expect(contents(client)).toEqual(['one']));
    const fourth = await connect(2, 'max', 'd');
    await replaced(devices[0]!);
    sender.send({ type: 'message', to: 'max', content: 'two' });
    for (const client of devices.slice(1)) await eventually(() => expect(contents(client)).toEqual(['one', 'two']));
    await eventually(() => expect(contents(fourth).at(-1)).toBe('two'));
    expect(devices.slice(1).map((client) => client.closed)).toEqual([undefined, undefined]);
    expect(contents(devices[0]!)).toEqual(['one']);
  });

  test('a device that is replaced again and again between gateways misses nothing and sees nothing twice', async () => {
    const sender = await connect(1, 'sender');
    let phone = await connect(1, 'hop', 'phone');
    const seen: unknown[] = [];
    const COUNT = 200;
    for (let n = 0; n < COUNT; n++) {
      sender.send({ type: 'message', to: 'hop', content: String(n), ref: n });
      if (n % 20 !== 10) continue;
      const next = await cluster.connect(n % 40 === 10 ? 'gateway-02' : 'gateway-01');
      clients.push(next);
      const last = Number(phone.ofType('message').at(-1)?.['messageId'] ?? 0);
      const here = phone.ofType('message').map((m) => m['messageId']);
      await next.register('hop', { device: 'phone', lastMessageId: Math.max(last, seen.length) });
      seen.push(...here);
      await replaced(phone);
      phone = next;
    }
    await eventually(() =>
      expect([...seen, ...phone.ofType('message').map((m) => m['messageId'])]).toEqual(
        Array.from({ length: COUNT }, (_, n) => n + 1),
      ),
    );
  });

  // Guards against: the newer connection read its cursor before the replaced one's was saved, and got its last messages again.
  test('a device that is replaced right after a message, naming no cursor, does not get it again', async () => {
    const sender = await connect(1, 'sender');
    let phone = await connect(1, 'swift', 'phone');
    const seen: unknown[] = [];
    for (let n = 1; n <= 20; n++) {
      sender.send({ type: 'message', to: 'swift', content: String(n) });
      await eventually(() => expect(contents(phone)).toHaveLength(1), { everyMs: 1 });
      seen.push(...contents(phone));
      phone = await connect(n % 2 === 0 ? 1 : 2, 'swift', 'phone');
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => String(n + 1)));
  });
});
