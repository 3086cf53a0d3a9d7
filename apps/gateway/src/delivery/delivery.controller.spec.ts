import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ROUTER } from '#contract';
import { VirtualClock, WireClient, eventually } from '#testing';
import { CatchUp } from '../connection/catch-up.js';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { NOTHING, leftovers } from '../testing/leftovers.js';

describe('what reaches a gateway', () => {
  let gateway: GatewayUnderTest;
  let clock: VirtualClock;
  let alice: WireClient;
  const contents = (client: WireClient) => client.ofType('message').map((m) => m['content']);

  beforeEach(async () => {
    clock = new VirtualClock();
    gateway = await GatewayUnderTest.start({ clock });
    alice = await WireClient.connect(gateway.url);
  });
  afterEach(async () => {
    alice.terminate();
    await gateway.stop();
  });

  test('goes to every session of the user, and to nobody else', async () => {
    const [again, bob] = [await WireClient.connect(gateway.url), await WireClient.connect(gateway.url)];
    await Promise.all([alice.register('alice'), again.register('alice'), bob.register('bob')]);
    gateway.backend.deliver('alice', 'one', 'two');
    gateway.backend.deliver('nobody', 'three');
    for (const client of [alice, again]) await eventually(() => expect(contents(client)).toEqual(['one', 'two']));
    expect(contents(bob)).toEqual([]);
    for (const client of [again, bob]) client.terminate();
  });

  test('twice is written once, and a gap is filled from the log before anything after it', async () => {
    await alice.register('alice');
    const [one, two, three, four] = gateway.backend.store('alice', '1', '2', '3', '4');
    gateway.backend.push('alice', [one!]);
    gateway.backend.push('alice', [one!]);
    gateway.backend.hold(ROUTER.read);
    gateway.backend.push('alice', [three!]);
    gateway.backend.push('alice', [four!]);
    gateway.backend.push('alice', [two!]);
    await eventually(() => expect(gateway.backend.waiting(ROUTER.read)).toBe(1));
    gateway.backend.release(ROUTER.read);
    await eventually(() => expect(contents(alice)).toEqual(['1', '2', '3', '4']));
  });

  // The live tail opens before the backlog is read: each step is held open while messages arrive.
  test('while a registration is under way is neither lost nor repeated, whichever step it falls into', async () => {
    gateway.backend.store('alice', '1', '2');
    gateway.backend.hold(ROUTER.open);
    alice.send({ type: 'register', userId: 'alice' });
    await eventually(() => expect(gateway.backend.waiting(ROUTER.open)).toBe(1));
    gateway.backend.deliver('alice', '3');
    gateway.backend.release(ROUTER.open);
    gateway.backend.deliver('alice', '4');
    await eventually(() => expect(contents(alice)).toEqual(['1', '2', '3', '4']));
    gateway.backend.deliver('alice', '5');
    await eventually(() => expect(contents(alice)).toEqual(['1', '2', '3', '4', '5']));
  });

  test('while pages of a long backlog are read comes after them', async () => {
    gateway.backend.store('alice', ...Array.from({ length: 500 }, (_, n) => String(n + 1)));
    gateway.backend.hold(ROUTER.read);
    await alice.register('alice');
    await eventually(() => expect(gateway.backend.waiting(ROUTER.read)).toBe(1));
    gateway.backend.deliver('alice', '501');
    gateway.backend.release(ROUTER.read);
    gateway.backend.deliver('alice', '502');
    await eventually(() => expect(contents(alice)).toEqual(Array.from({ length: 502 }, (_, n) => String(n + 1))));
  });

  test('more at once than a mailbox holds is read from the log', async () => {
    await alice.register('alice');
    const all = gateway.backend.store('alice', ...Array.from({ length: 2_000 }, (_, n) => String(n + 1)));
    for (const entry of all) gateway.backend.push('alice', [entry]);
    await eventually(() => expect(contents(alice)).toHaveLength(2_000));
    expect(contents(alice)).toEqual(Array.from({ length: 2_000 }, (_, n) => String(n + 1)));
    expect(gateway.backend.count(ROUTER.read)).toBeGreaterThan(0);
  });

  test('of another life of the log: the log is asked, and the client told to resync if it was lost', async () => {
    await alice.register('alice');
    const [entry] = gateway.backend.store('alice', 'one');
    gateway.backend.push('alice', [entry!], 'late-epoch');
    expect(await alice.next()).toMatchObject({ content: 'one' });
    gateway.backend.epoch = 'epoch-2';
    gateway.backend.push('alice', [entry!]);
    await eventually(() => expect(alice.closed).toEqual({ code: 4004, reason: 'the log was lost' }));
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
  });

  test('a cursor that retention has passed: resumed is false, and the log goes on from what is left', async () => {
    gateway.backend.store('alice', '1', '2', '3', '4');
    gateway.backend.firstMessageId = 3;
    expect(await alice.register('alice', { lastMessageId: 1 })).toMatchObject({ resumed: false, lastMessageId: 4 });
    await eventually(() => expect(contents(alice)).toEqual(['3', '4']));
  });

  test('what nobody was told of is found after the mesh was away', async () => {
    await alice.register('alice');
    gateway.backend.store('alice', 'missed');
    gateway.get(CatchUp).begin();
    expect(await alice.next()).toMatchObject({ content: 'missed' });
  });

  test('a close for one connection closes it with that code', async () => {
    const { connectionId } = await alice.register('alice');
    gateway.backend.close(String(connectionId), 4501, 'replaced');
    gateway.backend.close('no such connection', 4501, 'replaced');
    await eventually(() => expect(alice.closed).toEqual({ code: 4501, reason: 'replaced' }));
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
  });

  describe('is acknowledged', () => {
    test('once a second, up to the last one written', async () => {
      await alice.register('alice', { device: 'phone' });
      gateway.backend.deliver('alice', '1', '2');
      gateway.backend.deliver('alice', '3');
      await eventually(() => expect(contents(alice)).toHaveLength(3));
      expect(gateway.backend.acks).toEqual([]);
      clock.advance(1_000);
      const ack = { userId: 'alice', device: 'phone', messageId: 3, epoch: 'epoch-1', status: 'delivered' };
      await eventually(() => expect(gateway.backend.acks).toEqual([ack]));
      clock.advance(5_000);
      gateway.backend.deliver('alice', '4');
      await eventually(() => expect(contents(alice)).toHaveLength(4));
      clock.advance(1_000);
      await eventually(() => expect(gateway.backend.acks).toEqual([ack, { ...ack, messageId: 4 }]));
    });

    test('at once when the connection closes', async () => {
      await alice.register('alice');
      gateway.backend.deliver('alice', '1');
      await alice.next();
      await alice.close();
      await eventually(() => expect(gateway.backend.acks).toMatchObject([{ userId: 'alice', messageId: 1 }]));
    });

    test('by the client alone with ack: manual', async () => {
      await alice.register('alice', { ack: 'manual' });
      gateway.backend.deliver('alice', '1');
      await alice.next();
      clock.advance(1_000);
      await alice.close();
      await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
      expect(gateway.backend.acks).toEqual([]);
    });
  });
});
