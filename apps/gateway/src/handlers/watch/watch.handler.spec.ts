import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { GATEWAY, PRESENCE, type WatchRequest } from '#contract';
import { VirtualClock, WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';
import { NOTHING, leftovers } from '../../testing/leftovers.js';
import { Watches } from '../../watching/watches.js';

/** As MAX_WATCHES has it. */
const WATCHES_MAX = 5_000;

describe('watching users', () => {
  let gateway: GatewayUnderTest;
  let clock: VirtualClock;
  let alice: WireClient;
  let bob: WireClient;
  const watch = (client: WireClient, userIds: readonly string[], ref?: unknown) =>
    client.send({ type: 'watch', userIds, ref });
  const unwatch = (client: WireClient, userIds: readonly string[], ref?: unknown) =>
    client.send({ type: 'unwatch', userIds, ref });
  const watching = (client: WireClient, count = 1) =>
    eventually(() => expect(client.ofType('watching')).toHaveLength(count));
  const pushes = (client: WireClient) =>
    client.ofType('presence').map((p) => `${String(p['userId'])} ${String(p['status'])}`);
  const settled = async (client: WireClient) => {
    const ref = `settled ${client.frames.length}`;
    client.send({ type: 'ping', ref });
    await eventually(() => expect(client.ofType('pong').some((pong) => pong['ref'] === ref)).toBe(true));
  };
  const nothingWatched = () => eventually(() => expect(leftovers(gateway)).toMatchObject({ watchers: 0, watched: 0 }));

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

  test("is answered with today's statuses, then tells each change", async () => {
    gateway.backend.watchers.set('carol', 'online');
    gateway.backend.watchers.set('dave', 'offline', 77);
    watch(alice, ['carol', 'dave', 'carol'], 'w');
    await watching(alice);
    expect(alice.ofType('watching')).toEqual([
      {
        type: 'watching',
        ref: 'w',
        statuses: [
          { userId: 'carol', status: 'online' },
          { userId: 'dave', status: 'offline', lastSeen: 77 },
        ],
      },
    ]);
    gateway.backend.watchers.change('carol', 'away');
    gateway.backend.watchers.change('carol', 'offline', 99);
    await eventually(() => expect(pushes(alice)).toEqual(['carol away', 'carol offline']));
    expect(alice.ofType('presence')[1]).toEqual({ type: 'presence', userId: 'carol', status: 'offline', lastSeen: 99 });
    expect(pushes(bob)).toEqual([]);
  });

  test.each([
    [{ type: 'watch' }, 'userIds must be an array'],
    [{ type: 'watch', userIds: 'carol' }, 'userIds must be an array'],
    [{ type: 'watch', userIds: ['carol', ''] }, 'userIds must be 1 to 128 characters without control characters, each'],
    [
      { type: 'watch', userIds: Array.from({ length: 501 }, (_, n) => `u${n}`) },
      'userIds must contain no more than 500 elements',
    ],
  ])('refuses %j', async (frame, error) => {
    alice.send(frame);
    expect(await alice.next()).toEqual({ type: 'error', code: 'WS_INVALID_PAYLOAD', error });
  });

  test('asks presence once a user, however many sessions watch, until the last has left', async () => {
    watch(alice, ['carol']);
    await watching(alice);
    watch(bob, ['carol']);
    await watching(bob);
    expect(gateway.backend.count(PRESENCE.watch)).toBe(1);
    gateway.backend.watchers.change('carol', 'online');
    for (const client of [alice, bob]) await eventually(() => expect(pushes(client)).toEqual(['carol online']));
    unwatch(alice, ['carol'], 'u');
    await watching(alice, 2);
    expect(alice.ofType('watching')[1]).toEqual({ type: 'watching', ref: 'u', statuses: [] });
    expect(gateway.backend.count(PRESENCE.unwatch)).toBe(0);
    gateway.backend.watchers.change('carol', 'away');
    await eventually(() => expect(pushes(bob)).toEqual(['carol online', 'carol away']));
    await bob.close();
    await eventually(() => expect(gateway.backend.watchers.watched.size).toBe(0));
    await nothingWatched();
    expect(pushes(alice)).toEqual(['carol online']);
  });

  // A later status may overtake an earlier one: two instances may speak for one user for a while.
  test('a push that is older than what is known is dropped', async () => {
    const { watchers } = gateway.backend;
    watch(alice, ['carol']);
    await watching(alice);
    const offline = watchers.set('carol', 'offline');
    const online = watchers.set('carol', 'online');
    watchers.push(online);
    watchers.push(offline);
    watchers.push(online);
    watchers.change('carol', 'away');
    await eventually(() => expect(pushes(alice)).toEqual(['carol online', 'carol away']));
  });

  test('a change while presence is asked is in the answer, not lost and not told before it', async () => {
    const { watchers } = gateway.backend;
    gateway.backend.hold(PRESENCE.watch);
    watch(alice, ['carol'], 1);
    await eventually(() => expect(gateway.backend.waiting(PRESENCE.watch)).toBe(1));
    const before = watchers.of('carol');
    watchers.push(watchers.set('carol', 'online'));
    await settled(alice);
    // What the answer says is older than the push.
    gateway.backend.answer(PRESENCE.watch, () => ({ statuses: [before] }));
    gateway.backend.release(PRESENCE.watch);
    await watching(alice);
    expect(alice.ofType('watching')[0]).toMatchObject({ statuses: [{ userId: 'carol', status: 'online' }] });
    expect(pushes(alice)).toEqual([]);
  });

  test('a watch whose answer comes after the unwatch leaves nothing watched', async () => {
    gateway.backend.hold(PRESENCE.watch);
    watch(alice, ['carol'], 1);
    unwatch(alice, ['carol'], 2);
    watch(alice, ['dave'], 3);
    await eventually(() => expect(gateway.backend.waiting(PRESENCE.watch)).toBe(1));
    await settled(alice);
    gateway.backend.release(PRESENCE.watch);
    await watching(alice, 3);
    expect(alice.ofType('watching').map((w) => w['ref'])).toEqual([1, 2, 3]);
    await eventually(() => expect(gateway.backend.watchers.watched).toEqual(new Set(['dave'])));
    gateway.backend.watchers.push(gateway.backend.watchers.set('carol', 'online'));
    await settled(alice);
    expect(pushes(alice)).toEqual([]);
  });

  // The ask overtakes the unwatch of the close: the mesh sends it again to another owner when the first one is lost.
  test('a session that ends while presence is asked leaves nothing behind', async () => {
    gateway.backend.hold(PRESENCE.watch);
    watch(alice, ['carol']);
    await eventually(() => expect(gateway.backend.waiting(PRESENCE.watch)).toBe(1));
    await alice.close();
    await eventually(() => expect(gateway.backend.count(PRESENCE.unwatch)).toBe(1));
    await nothingWatched();
    gateway.backend.release(PRESENCE.watch);
    await eventually(() => expect(gateway.backend.count(PRESENCE.unwatch)).toBe(2));
    await eventually(() => expect(gateway.backend.watchers.watched.size).toBe(0));
    await bob.close();
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
  });

  test('fails where presence is away, watches nothing of it, and keeps what was watched', async () => {
    watch(alice, ['carol']);
    await watching(alice);
    gateway.backend.refuse(PRESENCE.watch);
    watch(alice, ['carol', 'dave'], 1);
    await eventually(() => expect(alice.ofType('error')).toMatchObject([{ code: 'WS_UNAVAILABLE', ref: 1 }]));
    expect(leftovers(gateway)).toMatchObject({ watched: 1 });
    gateway.backend.watchers.change('carol', 'online');
    await eventually(() => expect(pushes(alice)).toEqual(['carol online']));
  });

  test('is renewed, and tells what had changed unheard', async () => {
    watch(alice, ['carol']);
    await watching(alice);
    gateway.backend.watchers.set('carol', 'online');
    gateway.backend.watchers.watched.clear();
    for (let n = 0; n < 31; n++) clock.advance(1_000);
    await eventually(() => expect(pushes(alice)).toEqual(['carol online']));
    expect(gateway.backend.watchers.watched).toEqual(new Set(['carol']));
  });

  test('after presence or its engine was away it is renewed within seconds', async () => {
    watch(alice, ['carol']);
    await watching(alice);
    gateway.backend.refuse(PRESENCE.watch);
    gateway.get(Watches).renewAll();
    await eventually(() => expect(gateway.backend.count(PRESENCE.watch)).toBe(2));
    await settled(alice);
    gateway.backend.watchers.set('carol', 'online');
    gateway.backend.accept(PRESENCE.watch);
    await eventually(() => {
      clock.advance(5_000);
      expect(pushes(alice)).toEqual(['carol online']);
    });
  });

  test('goes in batches, and is bounded for a connection', async () => {
    const names = (from: number, count: number) => Array.from({ length: count }, (_, n) => `u${from + n}`);
    for (let from = 0; from < WATCHES_MAX; from += 500) watch(alice, names(from, 500));
    await watching(alice, WATCHES_MAX / 500);
    watch(alice, ['one too many']);
    await eventually(() => expect(alice.ofType('error')).toHaveLength(1));
    expect(alice.ofType('error')[0]).toMatchObject({
      code: 'WS_INVALID_PAYLOAD',
      error: `a connection watches at most ${WATCHES_MAX} users`,
    });
    watch(alice, ['u1']);
    await watching(alice, WATCHES_MAX / 500 + 1);
    const asks = gateway.backend.asked.filter((each) => each.pattern === PRESENCE.watch);
    expect(asks.every(({ data }) => (data as WatchRequest).userIds.length <= 500)).toBe(true);
    await alice.close();
    await nothingWatched();
    await eventually(() => expect(gateway.backend.watchers.watched.size).toBe(0));
  });

  test('a push for whom nobody here watches is dropped', async () => {
    gateway.backend.tell(GATEWAY.presence, { userId: 'carol', status: 'online', version: 5 });
    await settled(alice);
    expect(pushes(alice)).toEqual([]);
    expect(leftovers(gateway)).toMatchObject({ watched: 0 });
  });
});
