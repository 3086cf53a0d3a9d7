import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster, RedisServer, eventually, type Frame, type WireClient } from '#testing';

const withRedis = RedisServer.available ? describe : describe.skip;
/** Longer than any grace time: `silence` waits for something that happens after it. */
const GRACE_MS = 100;

withRedis('presence, over two gateways', () => {
  let cluster: Cluster;
  const clients: WireClient[] = [];

  beforeAll(async () => {
    cluster = await Cluster.start();
    await cluster.spawnAll(2, { OFFLINE_GRACE_MS: String(GRACE_MS) });
  }, 60_000);
  afterAll(async () => {
    for (const client of clients) client.terminate();
    await cluster.stop();
  });

  const connect = async (gateway: 1 | 2, userId: string, fields: Frame = {}): Promise<WireClient> => {
    const client = await cluster.connect(`gateway-0${gateway}`);
    clients.push(client);
    expect(await client.register(userId, fields)).toMatchObject({ type: 'registered' });
    return client;
  };
  const watch = async (client: WireClient, ...userIds: readonly string[]): Promise<Frame> => {
    const before = client.ofType('watching').length;
    client.send({ type: 'watch', userIds });
    return eventually(() => {
      const answer = client.ofType('watching')[before];
      if (!answer) throw new Error(`no answer: ${JSON.stringify(client.frames.slice(-2))}`);
      return answer;
    });
  };
  const state = async (client: WireClient, status: string): Promise<void> => {
    const before = client.ofType('ok').length;
    client.send({ type: 'presence', status });
    await eventually(() => expect(client.ofType('ok')).toHaveLength(before + 1));
  };
  const heard = (client: WireClient, userId: string): unknown[] =>
    client.ofType('presence').flatMap((p) => (p['userId'] === userId ? [p['status']] : []));
  const hears = (client: WireClient, userId: string, statuses: readonly string[]) =>
    eventually(() => expect(heard(client, userId)).toEqual(statuses));

  test("a watcher has today's statuses and each change, wherever both are connected", async () => {
    const carol = await connect(2, 'carol');
    const watcher = await connect(1, 'wanda');
    expect(await watch(watcher, 'carol', 'nobody')).toMatchObject({
      statuses: [
        { userId: 'carol', status: 'online' },
        { userId: 'nobody', status: 'offline' },
      ],
    });
    await state(carol, 'away');
    await hears(watcher, 'carol', ['away']);
    await state(carol, 'online');
    await hears(watcher, 'carol', ['away', 'online']);
    await carol.close();
    await hears(watcher, 'carol', ['away', 'online', 'offline']);
    expect(watcher.ofType('presence').at(-1)).toMatchObject({ lastSeen: expect.any(Number) });
    await connect(1, 'carol');
    await hears(watcher, 'carol', ['away', 'online', 'offline', 'online']);
  });

  test('who appears offline is offline to others, and still receives', async () => {
    const [ghost, watcher] = [await connect(1, 'ghost'), await connect(2, 'will')];
    await watch(watcher, 'ghost');
    await state(ghost, 'offline');
    await hears(watcher, 'ghost', ['offline']);
    watcher.send({ type: 'message', to: 'ghost', content: 'boo' });
    await eventually(() => expect(ghost.ofType('message')).toMatchObject([{ content: 'boo' }]));
    const late = await connect(1, 'wes');
    expect(await watch(late, 'ghost')).toMatchObject({ statuses: [{ userId: 'ghost', status: 'offline' }] });
    await state(ghost, 'online');
    await hears(watcher, 'ghost', ['offline', 'online']);
  });

  test('a reload says nothing, nor does a hop to another gateway', async () => {
    const watcher = await connect(1, 'wim');
    let dave = await connect(1, 'dave');
    await watch(watcher, 'dave');
    for (const gateway of [1, 2, 1] as const) {
      dave.terminate();
      dave = await connect(gateway, 'dave');
    }
    const next = await connect(2, 'dave');
    await dave.close();
    await state(next, 'away');
    await hears(watcher, 'dave', ['away']);
  });

  test('what is unwatched, or watched by nobody any more, is told to nobody', async () => {
    const [watcher, other] = [await connect(1, 'una'), await connect(1, 'uwe')];
    const erin = await connect(2, 'erin');
    for (const client of [watcher, other]) await watch(client, 'erin');
    watcher.send({ type: 'unwatch', userIds: ['erin'], ref: 'u' });
    await eventually(() => expect(watcher.ofType('watching').at(-1)).toMatchObject({ ref: 'u', statuses: [] }));
    await state(erin, 'away');
    await hears(other, 'erin', ['away']);
    expect(heard(watcher, 'erin')).toEqual([]);
  });

  test('who connects and drops 20 times in 2 s ends in the right state, with a handful of pushes', async () => {
    const watcher = await connect(2, 'wolf');
    await watch(watcher, 'flap');
    for (let n = 0; n < 20; n++) (await connect(n % 2 ? 1 : 2, 'flap')).terminate();
    await eventually(() => expect(heard(watcher, 'flap').at(-1)).toBe('offline'));
    expect(heard(watcher, 'flap').length).toBeLessThanOrEqual(6);
    const before = heard(watcher, 'flap').length;
    const last = await connect(1, 'flap');
    await hears(watcher, 'flap', [...heard(watcher, 'flap').slice(0, before), 'online'] as string[]);
    await last.close();
  });

  test('statuses and watchers survive a restart of the presence service', async () => {
    const [fay, watcher] = [await connect(1, 'fay'), await connect(2, 'wyn')];
    await watch(watcher, 'fay');
    await state(fay, 'away');
    await hears(watcher, 'fay', ['away']);
    await cluster.app('presence-01').kill();
    await cluster.spawn('presence', 'presence-02', { OFFLINE_GRACE_MS: String(GRACE_MS) });
    const late = await connect(1, 'wes2');
    await eventually(async () =>
      expect(await watch(late, 'fay')).toMatchObject({ statuses: [{ userId: 'fay', status: 'away' }] }),
    );
    await eventually(async () => {
      fay.send({ type: 'presence', status: 'online', ref: 'again' });
      await eventually(() => expect(fay.ofType('ok').at(-1)).toMatchObject({ ref: 'again' }), { timeoutMs: 1_000 });
    });
    await eventually(() => expect(heard(watcher, 'fay').at(-1)).toBe('online'));
    expect(heard(watcher, 'fay')).not.toContain('offline');
  });
});
