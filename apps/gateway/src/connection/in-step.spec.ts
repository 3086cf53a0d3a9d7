import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ROUTER, type WireEntry } from '#contract';
import { VirtualClock, WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { entryOf } from '../testing/entry.js';
import { turn } from '../testing/kernel.js';
import { CatchUp } from './catch-up.js';
import { Counters } from './counters.js';
import { OutboundShared } from './outbound.js';
import { Registry } from './registry.js';
import type { SessionActor } from './session.js';
import { Subscribers } from './subscribers.js';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe.each([
  ['in one lane', { laneSize: 1_000, sliceMs: Infinity }],
  ['in a lane each, one of which is written to in a turn', { laneSize: 1, sliceMs: 0 }],
])('subscribers in step, %s, and those who are not', (_, { laneSize, sliceMs }) => {
  let gateway: GatewayUnderTest;
  let clock: VirtualClock;
  let clients: WireClient[];
  let conversation: string;
  let lately = 0;

  const connect = async (userId: string): Promise<WireClient> => {
    const client = await WireClient.connect(gateway.url);
    await client.register(userId);
    clients.push(client);
    return client;
  };
  const subscribe = async (client: WireClient, fields: Record<string, unknown> = {}): Promise<void> => {
    const before = client.ofType('subscribed').length;
    client.send({ type: 'subscribe', conversation, ...fields });
    await eventually(() => expect(client.ofType('subscribed').length).toBe(before + 1));
  };
  const heard = (client: WireClient) => client.ofType('message').filter((m) => m['conversation'] === conversation);
  const ids = (client: WireClient) =>
    heard(client).flatMap((m) => (m['messageId'] === undefined ? [] : [m['messageId']]));
  const shows = (client: WireClient, count: number) =>
    eventually(() => expect(ids(client)).toEqual(upTo(count)), { timeoutMs: 10_000 });

  /** All that these clients have sent so far was handled, and all that came for them before was written. */
  const settled = async (): Promise<void> => {
    for (const client of clients) {
      const before = client.ofType('pong').length;
      client.send({ type: 'ping' });
      await eventually(() => expect(client.ofType('pong').length).toBe(before + 1));
    }
  };

  /** All look into the log, and these have so many messages then. */
  const catchUp = async (them: readonly WireClient[], count: number): Promise<void> => {
    gateway.get(CatchUp).begin();
    for (const client of them)
      await eventually(() => {
        // The look into the logs waits for presence, for so many pauses at most.
        clock.advance(100);
        expect(ids(client)).toEqual(upTo(count));
      });
  };

  beforeEach(async () => {
    clock = new VirtualClock();
    clients = [];
    conversation = `c${lately++}`;
    gateway = await GatewayUnderTest.start({ clock });
    gateway.get(Subscribers).laneSize = laneSize;
    gateway.get(OutboundShared).corker.sliceMs = sliceMs;
  });
  afterEach(async () => {
    for (const client of clients) client.terminate();
    await gateway.stop();
  });

  test('one that does not read falls back on the log alone, and is in step again once it has read', async () => {
    const { conversations } = gateway.backend;
    const [slow, quick] = [await connect('slow'), await connect('quick')];
    for (const client of [slow, quick]) await subscribe(client);
    conversations.deliver(conversation, 'first');
    await shows(slow, 1);
    slow.socket.pause();
    const content = 'x'.repeat(64 * 1024);
    for (let n = 2; n <= 300; n++) {
      conversations.deliver(conversation, content);
      await shows(quick, n);
    }
    expect(ids(slow)).toEqual([1]);
    slow.socket.resume();
    await shows(slow, 300);
    conversations.deliver(conversation, 'last');
    for (const client of [slow, quick]) await shows(client, 301);
  }, 60_000);

  test('a message is written to one lane after the other', async () => {
    const { backend } = gateway;
    const all = await Promise.all(['alice', 'bob', 'carol'].map((userId) => connect(userId)));
    for (const client of all) await subscribe(client);
    backend.conversations.deliver(conversation, '1');
    for (const client of all) await shows(client, 1);
    await settled();
    const counters = gateway.get(Counters);
    const before = counters.delivered;
    const entries = [entryOf(2, { from: 'sender', conversation, kind: 'text', content: '2' })];
    gateway.get(Subscribers).deliver({ conversation, epoch: backend.epoch, entries });
    const delivered: number[] = [];
    for (let turns = 0; turns < 3; turns++) {
      await turn();
      delivered.push(counters.delivered - before);
    }
    expect(delivered).toEqual(laneSize === 1 ? [1, 2, 3] : [3, 3, 3]);
    for (const client of all) await shows(client, 2);
  });

  test('each is saved as far as it has been brought, whoever leaves', async () => {
    const { conversations } = gateway.backend;
    const [alice, bob] = [await connect('alice'), await connect('bob')];
    for (const client of [alice, bob]) await subscribe(client);
    for (let n = 1; n <= 4; n++) {
      conversations.deliver(conversation, String(n));
      for (const client of [alice, bob]) await shows(client, n);
    }
    await alice.close();
    const saved = (userId: string) =>
      gateway.backend.acks.filter((ack) => ack.userId === userId && ack.conversation === conversation).at(-1)
        ?.messageId;
    await eventually(() => expect(saved('alice')).toBe(4));
    expect(saved('bob')).toBeUndefined();
    clock.advance(1_000);
    await eventually(() => expect(saved('bob')).toBe(4));
    conversations.deliver(conversation, '5');
    await shows(bob, 5);
    clock.advance(1_000);
    await eventually(() => expect(saved('bob')).toBe(5));
  });

  // The carrier was away: messages were stored that nobody here heard of, and a membership has ended.
  test('all look into the log at once, and it is read once', async () => {
    const { conversations } = gateway.backend;
    const all: WireClient[] = [];
    for (let n = 0; n < 20; n++) all.push(await connect(`user ${n}`));
    for (const client of all) await subscribe(client);
    conversations.deliver(conversation, '1');
    for (const client of all) await shows(client, 1);
    await settled();
    conversations.store(conversation, '2', '3');
    await catchUp(all, 3);
    expect(gateway.backend.count(ROUTER.readConversation)).toBe(1);
    const [removed, ...others] = all;
    conversations.members.set(conversation, new Set(upTo(19).map((n) => `user ${n}`)));
    conversations.store(conversation, '4');
    await catchUp(others, 4);
    await eventually(() => expect(removed!.ofType('unsubscribed')).toMatchObject([{ conversation }]));
    expect(ids(removed!)).toEqual(upTo(3));
  });

  // The kernel takes part of a message → the connection breaks.
  test('what the kernel has not taken is not saved', async () => {
    const { conversations } = gateway.backend;
    const alice = await connect('alice');
    await subscribe(alice);
    for (let n = 1; n <= 3; n++) {
      conversations.deliver(conversation, String(n));
      await shows(alice, n);
    }
    const [session] = gateway.get<Registry<SessionActor>>(Registry).of('alice');
    alice.socket.pause();
    conversations.deliver(conversation, 'x'.repeat(32 * 1024 * 1024));
    await eventually(() => expect(session!.blocked).toBe(true));
    alice.terminate();
    await eventually(() => expect(gateway.backend.acks).toMatchObject([{ conversation, messageId: 3 }]));
  });

  test('asking for it again says where it is by now', async () => {
    const alice = await connect('alice');
    await subscribe(alice);
    for (let n = 1; n <= 3; n++) {
      gateway.backend.conversations.deliver(conversation, String(n));
      await shows(alice, n);
    }
    await subscribe(alice);
    expect(alice.ofType('subscribed').at(-1)).toMatchObject({ lastMessageId: 3 });
    gateway.backend.conversations.deliver(conversation, '4');
    await shows(alice, 4);
  });

  // What is stored is told, lost on its way, told twice or in another order, while clients come and go: each has all of it once, in order.
  test('nothing is lost, repeated or out of order, however notices come', async () => {
    const all = await Promise.all(['alice', 'bob', 'carol'].map((userId) => connect(userId)));
    const which = fc.nat({ max: all.length - 1 });
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('tell' as const), count: fc.integer({ min: 1, max: 4 }) }),
      },
      fc.record({ kind: fc.constantFrom('lose' as const, 'repeat' as const, 'swap' as const, 'ephemeral' as const) }),
      fc.record({ kind: fc.constantFrom('doubt' as const, 'turn' as const, 'rest' as const) }),
      fc.record({ kind: fc.constantFrom('leave' as const, 'come' as const, 'again' as const), which }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        conversation = `c${lately++}`;
        const { backend } = gateway;
        const open = new Set<WireClient>();
        const come = async (client: WireClient): Promise<void> => {
          if (open.has(client)) return;
          open.add(client);
          await subscribe(client, { lastMessageId: ids(client).length, epoch: backend.epoch });
        };
        const leave = async (client: WireClient): Promise<void> => {
          if (!open.delete(client)) return;
          const before = client.ofType('unsubscribed').length;
          client.send({ type: 'unsubscribe', conversation });
          await eventually(() => expect(client.ofType('unsubscribed').length).toBe(before + 1));
        };
        let stored = 0;
        const store = (count = 1) =>
          backend.conversations.store(conversation, ...upTo(count).map(() => `m${++stored}`));
        const push = (entries: readonly WireEntry[]) => backend.conversations.push(conversation, entries);
        const take = async (one: Step): Promise<void> => {
          switch (one.kind) {
            case 'tell':
              return push(store(one.count));
            case 'lose':
              return void store();
            case 'repeat':
              return push(backend.log(`conversation ${conversation}`).slice(-2));
            case 'swap':
              return [store(), store()].toReversed().forEach(push);
            case 'ephemeral':
              return push([entryOf(0, { from: 'sender', conversation, kind: 'text', content: 'typing' })]);
            case 'doubt':
              return gateway.get(CatchUp).begin();
            case 'turn':
              return turn();
            case 'rest':
              return settled();
            case 'leave':
              return leave(all[one.which]!);
            case 'come':
              return come(all[one.which]!);
            case 'again':
              return open.has(all[one.which]!) ? subscribe(all[one.which]!) : undefined;
          }
        };
        type Step = (typeof steps)[number];
        for (const client of all) await come(client);
        for (const one of steps) await take(one);
        for (const client of all) await come(client);
        await catchUp(all, stored);
        for (const client of all) await leave(client);
      }),
      // Each smaller case that fails as well would wait in vain until its time is up.
      { numRuns: 40, endOnFailure: true },
    );
  }, 60_000);
});
