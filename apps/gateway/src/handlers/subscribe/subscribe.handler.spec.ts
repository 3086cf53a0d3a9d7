import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { GATEWAY, ROUTER } from '#contract';
import { VirtualClock, WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';
import { NOTHING, leftovers } from '../../testing/leftovers.js';

const range = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, n) => String(from + n));

describe('a conversation', () => {
  let gateway: GatewayUnderTest;
  let clock: VirtualClock;
  let alice: WireClient;
  let bob: WireClient;
  const contents = (client: WireClient) => client.ofType('message').map((m) => m['content']);
  const ids = (client: WireClient) => client.ofType('message').map((m) => m['messageId']);
  const subscribe = (client: WireClient, fields: Record<string, unknown> = {}) =>
    client.send({ type: 'subscribe', conversation: 'c', ...fields });
  const subscribed = (client: WireClient) =>
    eventually(() => expect(client.ofType('subscribed').length).toBeGreaterThan(0));
  const waits = (pattern: string, count = 1) => eventually(() => expect(gateway.backend.waiting(pattern)).toBe(count));
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

  test('is answered, then comes what was missed in order, then what is new', async () => {
    gateway.backend.conversations.store('c', '1', '2', '3');
    subscribe(alice, { lastMessageId: 1, epoch: 'epoch-1', ref: 's' });
    expect(await alice.next()).toEqual({
      type: 'subscribed',
      ref: 's',
      conversation: 'c',
      lastMessageId: 3,
      epoch: 'epoch-1',
      resumed: true,
    });
    gateway.backend.conversations.deliver('c', '4');
    await shows(alice, ['2', '3', '4']);
    expect(alice.ofType('message')[0]).toMatchObject({ conversation: 'c', from: 'sender', messageId: 2 });
    expect(alice.ofType('message')[0]).not.toHaveProperty('to');
    expect(contents(bob)).toEqual([]);
  });

  test('a message to it is stored once and reaches all that have it open', async () => {
    for (const client of [alice, bob]) subscribe(client);
    await Promise.all([subscribed(alice), subscribed(bob)]);
    alice.send({ type: 'message', conversation: 'c', content: 'Hello!', id: 'm1', ref: 1 });
    await eventually(() => expect(alice.ofType('accepted')).toMatchObject([{ ref: 1, messageId: 1, id: 'm1' }]));
    for (const client of [alice, bob]) await shows(client, ['Hello!']);
    expect(bob.ofType('message')[0]).toMatchObject({ from: 'alice', conversation: 'c', id: 'm1', kind: 'text' });
    alice.send({ type: 'message', conversation: 'c', content: 'typing', ephemeral: true });
    await shows(bob, ['Hello!', 'typing']);
    expect(bob.ofType('message')[1]).not.toHaveProperty('messageId');
  });

  test('is asked for once by gateway and entered once, and ended with its last subscriber', async () => {
    for (const client of [alice, bob]) subscribe(client);
    await Promise.all([subscribed(alice), subscribed(bob)]);
    alice.send({ type: 'unsubscribe', conversation: 'c', ref: 'u' });
    await eventually(() => expect(alice.ofType('unsubscribed')).toEqual([expect.objectContaining({ ref: 'u' })]));
    gateway.backend.conversations.deliver('c', '1');
    await shows(bob, ['1']);
    expect([contents(alice), gateway.backend.count(ROUTER.unsubscribe)]).toEqual([[], 0]);
    await bob.close();
    await eventually(() => expect(gateway.backend.conversations.subscribed.size).toBe(0));
    expect(gateway.backend.count(ROUTER.unsubscribe)).toBe(1);
    expect(leftovers(gateway)).toMatchObject({ subscriptions: 0 });
  });

  test('refuses who is no member, and keeps nothing of it', async () => {
    gateway.backend.conversations.members.set('c', new Set(['bob']));
    subscribe(alice, { ref: 1 });
    const error = { type: 'error', code: 'WS_FORBIDDEN', error: 'Not a member of the conversation', ref: 1 };
    expect(await alice.next()).toEqual(error);
    expect(leftovers(gateway)).toMatchObject({ subscriptions: 0 });
    gateway.backend.conversations.push('c', gateway.backend.conversations.store('c', 'secret'));
    await settled(alice);
    expect(contents(alice)).toEqual([]);
  });

  // Each step of subscribing is held open while messages arrive (PROTOCOL.md §4.4).
  test('loses and repeats nothing, whichever step a message falls into', async () => {
    const { conversations } = gateway.backend;
    conversations.store('c', '1', '2');
    subscribe(bob);
    await subscribed(bob);
    gateway.backend.hold(ROUTER.subscribe);
    subscribe(alice);
    await waits(ROUTER.subscribe);
    // Before the router reads: in the page, and (the gateway is entered already) live as well.
    conversations.deliver('c', '3');
    await shows(bob, ['1', '2', '3']);
    gateway.backend.release(ROUTER.subscribe);
    // Behind the page on its way.
    conversations.deliver('c', '4');
    await shows(alice, range(1, 4));
    conversations.deliver('c', '5');
    await shows(alice, range(1, 5));
    expect(ids(alice)).toEqual([1, 2, 3, 4, 5]);
  });

  test('more than may be kept while it opens is left to the log', async () => {
    const { conversations } = gateway.backend;
    subscribe(bob);
    await subscribed(bob);
    gateway.backend.hold(ROUTER.subscribe);
    subscribe(alice);
    await waits(ROUTER.subscribe);
    const all = range(1, 300);
    for (const content of all) conversations.deliver('c', content);
    await shows(bob, all);
    gateway.backend.release(ROUTER.subscribe);
    await shows(alice, all);
  });

  test('reads a long backlog in pages, and what comes meanwhile behind it', async () => {
    gateway.backend.conversations.store('c', ...range(1, 500));
    gateway.backend.hold(ROUTER.readConversation);
    subscribe(alice);
    await waits(ROUTER.readConversation);
    gateway.backend.conversations.deliver('c', '501');
    gateway.backend.release(ROUTER.readConversation);
    gateway.backend.conversations.deliver('c', '502');
    await shows(alice, range(1, 502));
  });

  test('does not hold up the inbox or other commands while the router is slow, nor when it stays away', async () => {
    gateway.backend.hold(ROUTER.subscribe);
    subscribe(alice, { ref: 's' });
    await waits(ROUTER.subscribe);
    gateway.backend.deliver('alice', 'direct');
    await shows(alice, ['direct']);
    gateway.backend.refuse(ROUTER.subscribe);
    gateway.backend.release(ROUTER.subscribe);
    await eventually(() => expect(alice.ofType('error')).toMatchObject([{ code: 'WS_UNAVAILABLE', ref: 's' }]));
    expect(leftovers(gateway)).toMatchObject({ subscriptions: 0 });
    gateway.backend.accept(ROUTER.subscribe);
    subscribe(alice);
    await subscribed(alice);
  });

  test('twice is answered twice and written once', async () => {
    gateway.backend.conversations.store('c', '1');
    gateway.backend.hold(ROUTER.subscribe);
    subscribe(alice, { ref: 1 });
    subscribe(alice, { ref: 2 });
    await waits(ROUTER.subscribe);
    gateway.backend.release(ROUTER.subscribe);
    await shows(alice, ['1']);
    subscribe(alice, { ref: 3 });
    await eventually(() => expect(alice.ofType('subscribed').map((s) => s['ref'])).toEqual([1, 2, 3]));
    expect([contents(alice), gateway.backend.count(ROUTER.subscribe)]).toEqual([['1'], 1]);
  });

  // unsubscribe while the answer to subscribe is under way: it takes its turn after it.
  test('ended while it opens is answered in order, and nothing of it is written', async () => {
    gateway.backend.conversations.store('c', '1');
    gateway.backend.hold(ROUTER.subscribe);
    subscribe(alice, { ref: 1 });
    alice.send({ type: 'unsubscribe', conversation: 'c', ref: 2 });
    subscribe(alice, { ref: 3, lastMessageId: 1 });
    await waits(ROUTER.subscribe);
    await settled(alice);
    gateway.backend.release(ROUTER.subscribe);
    await eventually(() => expect(alice.ofType('subscribed')).toHaveLength(2));
    expect(alice.frames.filter((f) => f['type'] !== 'pong').map((f) => f['ref'])).toEqual([undefined, 1, 2, 3]);
    gateway.backend.conversations.deliver('c', '2');
    await shows(alice, ['2']);
  });

  // unsubscribe → a delivery that was under way.
  test('what arrives after its end is for nobody', async () => {
    subscribe(alice);
    await subscribed(alice);
    gateway.backend.hold(ROUTER.unsubscribe);
    alice.send({ type: 'unsubscribe', conversation: 'c' });
    gateway.backend.conversations.deliver('c', 'late');
    await waits(ROUTER.unsubscribe);
    gateway.backend.conversations.deliver('c', 'later');
    gateway.backend.release(ROUTER.unsubscribe);
    const after = contents(alice).length;
    await settled(alice);
    expect(contents(alice).slice(after)).toEqual([]);
    expect(contents(alice)).not.toContain('later');
  });

  // The ask overtakes the unsubscribe of the close: the mesh sends it again to another owner when the first one is lost.
  test('a session that closes while it opens leaves nothing behind', async () => {
    gateway.backend.hold(ROUTER.subscribe);
    subscribe(alice);
    await waits(ROUTER.subscribe);
    await alice.close();
    await eventually(() => expect(gateway.backend.count(ROUTER.unsubscribe)).toBe(1));
    gateway.backend.release(ROUTER.subscribe);
    await eventually(() => expect(gateway.backend.count(ROUTER.unsubscribe)).toBe(2));
    await eventually(() => expect(gateway.backend.conversations.subscribed.size).toBe(0));
    await bob.close();
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
  });

  test('a member that is removed is told, and gets nothing more; others do', async () => {
    const { conversations } = gateway.backend;
    conversations.members.set('c', new Set(['alice', 'bob']));
    for (const client of [alice, bob]) subscribe(client);
    await Promise.all([subscribed(alice), subscribed(bob)]);
    conversations.remove('c', 'alice');
    conversations.deliver('c', 'secret');
    await shows(bob, ['secret']);
    await eventually(() => expect(alice.ofType('unsubscribed')).toEqual([{ type: 'unsubscribed', conversation: 'c' }]));
    await settled(alice);
    expect(contents(alice)).toEqual([]);
  });

  test('a member removed while it opens is told after the answer', async () => {
    const { conversations } = gateway.backend;
    gateway.backend.hold(ROUTER.subscribe);
    subscribe(alice);
    await waits(ROUTER.subscribe);
    gateway.backend.tell(GATEWAY.removed, { conversation: 'c', userId: 'alice' });
    gateway.backend.conversations.push('other', []);
    bob.send({ type: 'message', conversation: 'c', content: 'x', ref: 1 });
    await eventually(() => expect(bob.ofType('accepted')).toHaveLength(1));
    gateway.backend.release(ROUTER.subscribe);
    await eventually(() => expect(alice.ofType('unsubscribed')).toHaveLength(1));
    expect(alice.frames.map((frame) => frame['type']).slice(1)).toEqual(['subscribed', 'unsubscribed']);
    conversations.push('c', conversations.store('c', 'secret'));
    await settled(alice);
    expect(contents(alice)).toEqual([]);
  });
});
