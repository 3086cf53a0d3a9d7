import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { GATEWAY, PRESENCE, ROUTER } from '#contract';
import { VirtualClock, WireClient, eventually } from '#testing';
import { CatchUp } from './catch-up.js';

/** As MAX_SUBSCRIPTIONS has it. */
const SUBSCRIPTIONS_MAX = 1_000;
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { NOTHING, leftovers } from '../testing/leftovers.js';

const range = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, n) => String(from + n));

describe('the subscribers of a gateway', () => {
  let gateway: GatewayUnderTest;
  let clock: VirtualClock;
  let alice: WireClient;
  let bob: WireClient;
  const contents = (client: WireClient) => client.ofType('message').map((m) => m['content']);
  const subscribe = (client: WireClient, fields: Record<string, unknown> = {}) =>
    client.send({ type: 'subscribe', conversation: 'c', ...fields });
  const subscribed = (client: WireClient) =>
    eventually(() => expect(client.ofType('subscribed').length).toBeGreaterThan(0));
  const shows = (client: WireClient, expected: readonly string[]) =>
    eventually(() => expect(contents(client)).toEqual(expected));
  /** All that this client has sent so far was handled. */
  const settled = async (client: WireClient) => {
    const ref = `settled ${client.frames.length}`;
    client.send({ type: 'ping', ref });
    await eventually(() => expect(client.ofType('pong').some((pong) => pong['ref'] === ref)).toBe(true));
  };

  beforeEach(async () => {
    clock = new VirtualClock();
    gateway = await GatewayUnderTest.start({ clock });
    [alice, bob] = [await WireClient.connect(gateway.url), await WireClient.connect(gateway.url)];
    await Promise.all([alice.register('alice'), bob.register('bob')]);
  });
  afterEach(async () => {
    for (const client of [alice, bob]) client.terminate();
    await gateway.stop();
  });

  test('a removal that nobody could tell shows when the log is read', async () => {
    subscribe(alice);
    await subscribed(alice);
    gateway.backend.conversations.members.set('c', new Set());
    gateway.get(CatchUp).begin();
    await eventually(() => expect(alice.ofType('unsubscribed')).toHaveLength(1));
    expect(alice.closed).toBeUndefined();
  });

  test('after a gap of the carrier it is entered again, and looks into its log', async () => {
    subscribe(alice);
    await subscribed(alice);
    gateway.backend.conversations.subscribed.clear();
    gateway.backend.conversations.deliver('c', 'unheard');
    gateway.get(CatchUp).begin();
    await shows(alice, ['unheard']);
    expect(gateway.backend.conversations.subscribed).toEqual(new Set(['c']));
  });

  test('the gateway stays entered; where it had been forgotten, the log is read', async () => {
    subscribe(alice);
    await subscribed(alice);
    gateway.backend.conversations.subscribed.clear();
    gateway.backend.conversations.deliver('c', 'unheard');
    for (let n = 0; n < 31; n++) clock.advance(1_000);
    await shows(alice, ['unheard']);
    gateway.backend.conversations.deliver('c', 'live');
    await shows(alice, ['unheard', 'live']);
  });

  test('a renewal that fails is tried again soon', async () => {
    subscribe(alice);
    await subscribed(alice);
    gateway.backend.conversations.subscribed.clear();
    gateway.backend.conversations.store('c', 'unheard');
    gateway.backend.refuse(ROUTER.refreshSubscriptions);
    for (let n = 0; n < 31; n++) clock.advance(1_000);
    await eventually(() => expect(gateway.backend.count(ROUTER.refreshSubscriptions)).toBeGreaterThan(0));
    gateway.backend.accept(ROUTER.refreshSubscriptions);
    await eventually(() => {
      clock.advance(5_000);
      expect(contents(alice)).toEqual(['unheard']);
    });
  });

  test('what was written counts as delivered within a second, for the member', async () => {
    subscribe(alice);
    await subscribed(alice);
    gateway.backend.conversations.deliver('c', '1', '2');
    await shows(alice, ['1', '2']);
    await settled(alice);
    clock.advance(1_000);
    const saved = { userId: 'alice', conversation: 'c', messageId: 2, epoch: 'epoch-1', status: 'delivered' };
    await eventually(() => expect(gateway.backend.acks).toEqual([saved]));
    gateway.backend.conversations.deliver('c', '3');
    await shows(alice, ['1', '2', '3']);
    await alice.close();
    await eventually(() => expect(gateway.backend.acks.at(-1)).toEqual({ ...saved, messageId: 3 }));
  });

  test('with manual acks nothing is saved that the client has not acknowledged', async () => {
    const carol = await WireClient.connect(gateway.url);
    await carol.register('carol', { ack: 'manual' });
    subscribe(carol);
    await subscribed(carol);
    gateway.backend.conversations.deliver('c', '1');
    await shows(carol, ['1']);
    clock.advance(1_000);
    carol.send({ type: 'ack', conversation: 'c', messageId: 1, status: 'read', ref: 1 });
    await eventually(() => expect(carol.ofType('acked')).toEqual([{ type: 'acked', ref: 1 }]));
    await carol.close();
    expect(gateway.backend.acks).toMatchObject([{ conversation: 'c', userId: 'carol', messageId: 1, status: 'read' }]);
  });

  test('many long backlogs at once are all read, few at a time, and the inbox beside them', async () => {
    const names = Array.from({ length: 30 }, (_, n) => `c${n}`);
    for (const name of names) gateway.backend.conversations.store(name, ...range(1, 450));
    for (const conversation of names) subscribe(alice, { conversation });
    gateway.backend.deliver('alice', 'direct');
    await eventually(() => expect(alice.ofType('message')).toHaveLength(30 * 450 + 1), { timeoutMs: 20_000 });
    for (const name of names) {
      const seen = alice.ofType('message').filter((m) => m['conversation'] === name);
      expect(seen.map((m) => m['messageId'])).toEqual(Array.from({ length: 450 }, (_, n) => n + 1));
    }
  });

  test('above the bound of a connection is refused, naming it', async () => {
    for (let n = 0; n < SUBSCRIPTIONS_MAX; n++) subscribe(alice, { conversation: `c${n}` });
    await eventually(() => expect(alice.ofType('subscribed')).toHaveLength(SUBSCRIPTIONS_MAX));
    subscribe(alice, { conversation: 'one too many' });
    await eventually(() => expect(alice.ofType('error')).toHaveLength(1));
    expect(alice.ofType('error')[0]).toMatchObject({
      code: 'WS_INVALID_PAYLOAD',
      error: `a connection has at most ${SUBSCRIPTIONS_MAX} subscriptions`,
    });
    await Promise.all([alice.close(), bob.close()]);
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
    expect(gateway.backend.conversations.subscribed.size).toBe(0);
  });

  test('another life of the log makes the client resync', async () => {
    gateway.backend.conversations.store('c', '1');
    subscribe(alice);
    await shows(alice, ['1']);
    gateway.backend.epoch = 'epoch-2';
    gateway.backend.conversations.deliver('c', '2');
    await eventually(() => expect(alice.closed).toMatchObject({ code: 4004 }));
  });

  test('a broadcast reaches every registered session, and is stored nowhere', async () => {
    const stranger = await WireClient.connect(gateway.url);
    const notice = { from: 'ops', content: 'soon', kind: 'notice', timestamp: 5 };
    gateway.backend.tell(GATEWAY.broadcast, notice);
    for (const client of [alice, bob])
      await eventually(() => expect(client.ofType('message')).toEqual([{ type: 'message', ...notice }]));
    await settled(stranger);
    expect(contents(stranger)).toEqual([]);
    clock.advance(1_000);
    expect(gateway.backend.acks).toEqual([]);
    expect(gateway.backend.count(PRESENCE.register)).toBe(2);
    stranger.terminate();
  });
});
