import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PRESENCE, ROUTER, type EnterRequest } from '#contract';
import { VirtualClock, WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { NOTHING, leftovers } from '../testing/leftovers.js';
import { Attendance } from './attendance.js';
import { Registry } from './registry.js';
import type { SessionActor } from './session.js';

describe('presence of the connections here', () => {
  let gateway: GatewayUnderTest;
  let clock: VirtualClock;
  const clients: WireClient[] = [];
  beforeEach(async () => {
    clock = new VirtualClock();
    gateway = await GatewayUnderTest.start({ clock, env: { HEARTBEAT_TIMEOUT_MS: '10000000' } });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.terminate();
    await gateway.stop();
  });
  const register = async (userId: string): Promise<WireClient> => {
    const client = await WireClient.connect(gateway.url);
    clients.push(client);
    expect(await client.register(userId)).toMatchObject({ type: 'registered' });
    return client;
  };

  test('is refreshed every 30 s, all that are due to one owner in one call', async () => {
    for (const name of ['alice', 'bob', 'carol']) await register(name);
    clock.advance(30_000);
    await eventually(() => expect(gateway.backend.count(PRESENCE.refresh)).toBe(1));
    const { data } = gateway.backend.asked.find((each) => each.pattern === PRESENCE.refresh)!;
    expect((data as { connections: unknown[] }).connections).toHaveLength(3);
    clock.advance(30_000);
    await eventually(() => expect(gateway.backend.count(PRESENCE.refresh)).toBe(2));
  });

  test('what presence has forgotten is entered again, and what was stored meanwhile is read', async () => {
    const alice = await register('alice');
    gateway.backend.connections.clear();
    gateway.backend.store('alice', 'nobody told the gateway');
    clock.advance(30_000);
    expect(await alice.next()).toMatchObject({ type: 'message', content: 'nobody told the gateway' });
    expect(gateway.backend.connections.size).toBe(1);
  });

  // refresh asked → close → refresh answered: the close has removed it, entering it again would leave it there.
  test('a close during the refresh that misses it is final', async () => {
    const alice = await register('alice');
    gateway.backend.connections.clear();
    gateway.backend.hold(PRESENCE.refresh);
    clock.advance(30_000);
    await eventually(() => expect(gateway.backend.waiting(PRESENCE.refresh)).toBe(1));
    await alice.close();
    await eventually(() => expect(gateway.backend.count(PRESENCE.remove)).toBe(1));
    gateway.backend.release(PRESENCE.refresh);
    const bob = await register('bob');
    expect(gateway.backend.count(PRESENCE.register)).toBe(2);
    await bob.close();
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
  });

  // entered again → close → the entering is answered: it is removed after that answer, too.
  test('a close while it is entered again is final', async () => {
    const alice = await register('alice');
    gateway.backend.connections.clear();
    gateway.backend.hold(PRESENCE.enter);
    clock.advance(30_000);
    await eventually(() => expect(gateway.backend.waiting(PRESENCE.enter)).toBe(1));
    await alice.close();
    await eventually(() => expect(gateway.backend.count(PRESENCE.remove)).toBe(1));
    gateway.backend.release(PRESENCE.enter);
    await eventually(() => expect(gateway.backend.count(PRESENCE.remove)).toBe(2));
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
  });

  test('a leaving that presence could not be told of is told later', async () => {
    const alice = await register('alice');
    gateway.backend.refuse(PRESENCE.remove);
    await alice.close();
    await eventually(() => expect(gateway.backend.count(PRESENCE.remove)).toBe(1));
    gateway.backend.accept(PRESENCE.remove);
    await eventually(() => {
      clock.advance(1_000);
      expect(gateway.backend.connections.size).toBe(0);
    });
  });

  test('a refresh that fails is tried again soon', async () => {
    await register('alice');
    gateway.backend.refuse(PRESENCE.refresh);
    clock.advance(30_000);
    await eventually(() => expect(gateway.backend.count(PRESENCE.refresh)).toBe(1));
    gateway.backend.accept(PRESENCE.refresh);
    await eventually(() => {
      clock.advance(1_000);
      expect(gateway.backend.count(PRESENCE.refresh)).toBe(2);
    });
    expect(gateway.backend.count(ROUTER.read)).toBe(0);
  });

  test('one that could not be entered again is tried again soon', async () => {
    await register('alice');
    gateway.backend.connections.clear();
    gateway.backend.refuse(PRESENCE.enter);
    clock.advance(30_000);
    await eventually(() => expect(gateway.backend.count(PRESENCE.enter)).toBe(1));
    gateway.backend.accept(PRESENCE.enter);
    await eventually(() => {
      clock.advance(1_000);
      expect(gateway.backend.connections.size).toBe(1);
    });
  });

  // replaced by a newer one elsewhere → the packet that closes it is lost → the refresh misses it.
  test('one whose place a newer one has is closed with 4501, and is not entered again', async () => {
    const alice = await register('alice');
    const [connectionId] = [...gateway.backend.connections.keys()];
    gateway.backend.connections.clear();
    gateway.backend.outranked.add(connectionId!);
    clock.advance(30_000);
    await eventually(() => expect(alice.closed?.code).toBe(4501));
    const { connections } = gateway.backend.asked.find((each) => each.pattern === PRESENCE.enter)!.data as EnterRequest;
    expect(connections).toMatchObject([{ userId: 'alice', connectionId, since: 1 }]);
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
  });

  // registration under way → the own lease was lost, all are entered again, or refreshed → it is answered: what presence has of it may be gone.
  test.each(['enterAgain', 'refresh'] as const)(
    'one that is being registered is no concern of %s; once it is, it is entered in its place',
    async (again) => {
      const bob = await register('bob');
      gateway.backend.hold(PRESENCE.register);
      const alice = await WireClient.connect(gateway.url);
      clients.push(alice);
      alice.send({ type: 'register', userId: 'alice' });
      await eventually(() => expect(gateway.backend.waiting(PRESENCE.register)).toBe(1));
      await gateway.get(Attendance)[again](gateway.get<Registry<SessionActor>>(Registry).all());
      const asked = gateway.backend.asked.find(
        ({ pattern }) => pattern === PRESENCE.enter || pattern === PRESENCE.refresh,
      );
      expect((asked!.data as EnterRequest).connections).toMatchObject([{ userId: 'bob' }]);
      gateway.backend.release(PRESENCE.register);
      expect(await alice.next()).toMatchObject({ type: 'registered' });
      const entered = await eventually(() => {
        const { data } = gateway.backend.asked.findLast(({ pattern }) => pattern === PRESENCE.enter)!;
        expect(data).toMatchObject({ connections: [{ userId: 'alice', since: 2 }] });
        return data as EnterRequest;
      });
      expect(entered.connections).toHaveLength(1);
      await bob.close();
    },
  );

  test('of many that come at once some are registered at a time; the others wait, and nobody else does', async () => {
    const other = await WireClient.connect(gateway.url);
    gateway.backend.hold(PRESENCE.register);
    const many = await Promise.all(Array.from({ length: 300 }, () => WireClient.connect(gateway.url)));
    clients.push(other, ...many);
    many.forEach((client, i) => client.send({ type: 'register', userId: `user-${i}` }));
    await eventually(() => expect(gateway.get(Attendance).waiting).toBe(44));
    await eventually(() => expect(gateway.backend.waiting(PRESENCE.register)).toBe(256));
    other.send({ type: 'ping' });
    expect(await other.next()).toEqual({ type: 'pong' });
    // Those that give up make room, those that wait and give up leave nothing.
    await many[299]!.close();
    await eventually(() => expect(gateway.get(Attendance).waiting).toBe(43));
    gateway.backend.release(PRESENCE.register);
    for (const client of many.slice(0, 299)) expect(await client.next()).toMatchObject({ type: 'registered' });
    expect(gateway.get(Attendance).waiting).toBe(0);
    expect(leftovers(gateway)).toMatchObject({ connections: 300, present: 299 });
  });

  // others come just before → it waits for the next wave → it closes → the wave goes.
  test('one that ends while it waits to be asked for with others is not asked for', async () => {
    await register('somebody');
    const attendance = gateway.get(Attendance);
    const first = attendance.enter({ userId: 'alice', connectionId: 'a' });
    const second = attendance.enter({ userId: 'bob', connectionId: 'b' });
    const third = attendance.enter({ userId: 'carol', connectionId: 'c' });
    attendance.leave({ userId: 'bob', connectionId: 'b' });
    await expect(second).rejects.toThrow('ended before it was entered');
    await Promise.all([first, third]);
    expect([...gateway.backend.connections.keys()].slice(1)).toEqual(['a', 'c']);
    expect(gateway.backend.count(PRESENCE.remove)).toBe(0);
  });

  // register refused after presence had it → taken back, which presence cannot be told → registered after all → the leaving is told again.
  test('a leaving that could not be told does not undo a later registration', async () => {
    const alice = await WireClient.connect(gateway.url);
    clients.push(alice);
    gateway.backend.refuse(ROUTER.open);
    gateway.backend.refuse(PRESENCE.remove);
    expect(await alice.register('alice')).toMatchObject({ code: 'WS_UNAVAILABLE' });
    await eventually(() => expect(gateway.backend.count(PRESENCE.remove)).toBe(1));
    gateway.backend.accept(ROUTER.open);
    gateway.backend.accept(PRESENCE.remove);
    expect(await alice.register('alice')).toMatchObject({ type: 'registered' });
    clock.advance(20_000);
    const bob = await register('bob');
    await bob.close();
    await eventually(() => expect(gateway.backend.count(PRESENCE.remove)).toBe(2));
    expect(leftovers(gateway)).toMatchObject({ connections: 1, present: 1 });
  });
});
