import { afterEach, describe, expect, test } from '@jest/globals';
import { PRESENCE, type SpendReply, type SpendRequest } from '#contract';
import { VirtualClock, WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { REPORT_MS, UserPace } from './user-pace.js';

const DEFAULTS = { RATE_LIMIT_FRAMES: '50', USER_RATE_LIMIT_FRAMES: '150' };

describe('a user, over all gateways,', () => {
  let gateway: GatewayUnderTest;
  let clock: VirtualClock;
  const clients: WireClient[] = [];
  const start = async (env: Readonly<Record<string, string>>, reply: SpendReply = { limited: [] }): Promise<void> => {
    clock = new VirtualClock();
    gateway = await GatewayUnderTest.start({ clock, env });
    gateway.backend.answer(PRESENCE.spend, () => reply);
  };
  afterEach(async () => {
    for (const client of clients.splice(0)) client.terminate();
    await gateway.stop();
  });

  const connect = async (userId: string): Promise<WireClient> => {
    const client = await WireClient.connect(gateway.url);
    clients.push(client);
    clock.advance(100);
    await client.register(userId);
    clock.advance(1_000);
    return client;
  };
  /** Sends, and waits for the answers. */
  const pings = async (client: WireClient, count: number): Promise<void> => {
    const before = client.frames.length;
    for (let ref = 1; ref <= count; ref++) client.send({ type: 'ping', ref });
    await eventually(() => expect(client.frames).toHaveLength(before + count));
  };
  const reports = (): SpendRequest['users'][] =>
    gateway.backend.asked
      .filter(({ pattern }) => pattern === PRESENCE.spend)
      .map(({ data }) => (data as SpendRequest).users);
  const followed = (): number => gateway.get(UserPace).size;

  test('is not reported for one connection within its limit, burst or steady, nor remembered once it is quiet', async () => {
    await start(DEFAULTS);
    const client = await connect('alice');
    await pings(client, 100);
    for (let n = 0; n < 20; n++) {
      clock.advance(250);
      await pings(client, 12);
    }
    expect(client.ofType('error')).toEqual([]);
    clock.advance(5_000);
    expect([reports(), followed()]).toEqual([[], 0]);
  });

  test('is reported with what several connections send together, once in a while and in one call', async () => {
    await start(DEFAULTS);
    const [one, two, other] = [await connect('alice'), await connect('alice'), await connect('bob')];
    await Promise.all([pings(one, 70), pings(two, 70), pings(other, 50)]);
    clock.advance(REPORT_MS);
    await eventually(() => expect(reports()).toHaveLength(1));
    const [[spent]] = reports() as [[{ userId: string; frames: number }]];
    expect(spent.userId).toBe('alice');
    // The first frame after a pause is free; the other connection's too, if it comes before the user is looked at.
    expect([138, 139]).toContain(spent.frames);
    clock.advance(REPORT_MS);
    expect(reports()).toHaveLength(1);
  });

  test('who has sent too much is refused on all connections here, for as long as presence says; others are not', async () => {
    await start(
      { USER_RATE_LIMIT_FRAMES: '30', USER_RATE_LIMIT_FRAMES_BURST: '30' },
      {
        limited: [{ userId: 'alice', forMs: 400 }],
      },
    );
    const [one, two, bob] = [await connect('alice'), await connect('alice'), await connect('bob')];
    await pings(one, 50);
    expect(one.ofType('error')).toEqual([]);
    clock.advance(REPORT_MS);
    await eventually(async () => {
      await pings(two, 1);
      expect(two.ofType('error')).not.toEqual([]);
    });
    await pings(one, 1);
    const refusal = { type: 'error', error: 'Too many requests', code: 'WS_RATE_LIMITED', ref: 1, retryAfterMs: 400 };
    expect([one.frames.at(-1), two.frames.at(-1)]).toEqual([refusal, refusal]);
    await pings(bob, 5);
    expect(bob.ofType('error')).toEqual([]);
    expect(gateway.stats()['limited']).toEqual({ 'frames of a user': 2 });
    clock.advance(399);
    await pings(one, 1);
    expect(one.frames.at(-1)).toMatchObject({ retryAfterMs: 1 });
    clock.advance(1);
    await pings(one, 1);
    expect(one.frames.at(-1)).toMatchObject({ type: 'pong' });
  });

  test('goes unlimited while presence is away', async () => {
    await start({ USER_RATE_LIMIT_FRAMES: '30', USER_RATE_LIMIT_FRAMES_BURST: '30' });
    gateway.backend.refuse(PRESENCE.spend);
    const client = await connect('alice');
    for (let n = 0; n < 4; n++) {
      await pings(client, 50);
      clock.advance(REPORT_MS);
    }
    await eventually(() => expect(reports()).toHaveLength(4));
    expect(client.ofType('error')).toEqual([]);
  });

  /** Interleaving: too much is reported → the user goes quiet and is forgotten here → presence says: limited. */
  test('who went quiet before presence answered is limited all the same', async () => {
    await start(
      { USER_RATE_LIMIT_FRAMES: '30', USER_RATE_LIMIT_FRAMES_BURST: '30' },
      {
        limited: [{ userId: 'alice', forMs: 10_000 }],
      },
    );
    gateway.backend.hold(PRESENCE.spend);
    const client = await connect('alice');
    await pings(client, 50);
    clock.advance(REPORT_MS);
    await eventually(() => expect(gateway.backend.waiting(PRESENCE.spend)).toBe(1));
    clock.advance(5_000);
    expect(followed()).toBe(0);
    gateway.backend.release(PRESENCE.spend);
    await eventually(() => expect(followed()).toBe(1));
    await pings(client, 1);
    expect(client.frames.at(-1)).toMatchObject({ code: 'WS_RATE_LIMITED', retryAfterMs: 10_000 });
    clock.advance(10_000 + REPORT_MS);
    expect(followed()).toBe(0);
  });
});
