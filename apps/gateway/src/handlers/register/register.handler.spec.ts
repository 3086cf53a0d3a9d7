import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PRESENCE, ROUTER } from '#contract';
import { VirtualClock, WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';
import { NOTHING, leftovers } from '../../testing/leftovers.js';

describe('register', () => {
  let gateway: GatewayUnderTest;
  let clock: VirtualClock;
  let client: WireClient;
  const failed = { type: 'error', error: 'Failed to register', code: 'WS_UNAVAILABLE', retryAfterMs: 50 };
  const nothingLeft = () => eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));

  beforeEach(async () => {
    clock = new VirtualClock();
    gateway = await GatewayUnderTest.start({ clock });
    client = await WireClient.connect(gateway.url);
  });
  afterEach(async () => {
    client.terminate();
    await gateway.stop();
  });

  describe('refuses what is no registration', () => {
    test.each([
      ['{"type":"register"}', 'UserID is required for registration'],
      ['{"type":"register","userId":""}', 'UserID is required for registration'],
      ['{"type":"register","userId":null}', 'UserID is required for registration'],
      ['{"type":"register","userId":7}', 'userId must be 1 to 128 characters without control characters'],
      ['{"type":"register","userId":"a\\u0000"}', 'userId must be 1 to 128 characters without control characters'],
      ['{"type":"register","userId":"a","lastMessageId":-1}', 'lastMessageId must be an integer from 0 to 2^53 - 1'],
      ['{"type":"register","userId":"a","ack":"never"}', 'ack must be one of the following values: auto, manual'],
      ['{"type":"register","userId":"a","device":""}', 'device must be 1 to 128 characters without control characters'],
    ])('%s', async (frame, error) => {
      client.send(frame);
      expect(await client.next()).toEqual({ type: 'error', code: 'WS_INVALID_PAYLOAD', error });
      expect(gateway.backend.asked).toEqual([]);
      expect(await client.register('alice')).toMatchObject({ type: 'registered' });
    });
  });

  test('tells presence before it opens the inbox, and both what they need', async () => {
    await client.register('alice', { device: 'phone', lastMessageId: 0, epoch: 'epoch-1' });
    expect(gateway.backend.asked.map((each) => each.pattern)).toEqual([PRESENCE.register, ROUTER.open]);
    expect(gateway.backend.asked[0]!.data).toMatchObject({ userId: 'alice', gatewayId: 'gateway-01', device: 'phone' });
    expect(gateway.backend.asked[1]!.data).toMatchObject({ userId: 'alice', device: 'phone', epoch: 'epoch-1' });
  });

  test('later frames of the connection wait for it; those of others do not', async () => {
    const other = await WireClient.connect(gateway.url);
    gateway.backend.hold(ROUTER.open);
    client.send({ type: 'register', userId: 'alice' });
    client.send({ type: 'ping', ref: 'behind' });
    client.send({ type: 'message', to: 'bob', content: 'behind', ref: 'too' });
    await eventually(() => expect(gateway.backend.waiting(ROUTER.open)).toBe(1));
    other.send({ type: 'ping' });
    expect(await other.next()).toEqual({ type: 'pong' });
    expect(client.frames).toEqual([]);
    gateway.backend.release(ROUTER.open);
    await eventually(() => expect(client.frames).toHaveLength(3));
    expect(client.frames.map((frame) => frame['type'])).toEqual(['registered', 'pong', 'accepted']);
    other.terminate();
  });

  test('two at once: the second is answered like the first, and there is one session', async () => {
    gateway.backend.hold(PRESENCE.register);
    client.send({ type: 'register', userId: 'alice', ref: 1 });
    client.send({ type: 'register', userId: 'alice', ref: 2, device: 'other' });
    client.send({ type: 'register', userId: 'bob', ref: 3 });
    await eventually(() => expect(gateway.backend.waiting(PRESENCE.register)).toBe(1));
    gateway.backend.release(PRESENCE.register);
    const [first, second, third] = [await client.next(), await client.next(), await client.next()];
    expect(first).toMatchObject({ type: 'registered', ref: 1, userId: 'alice' });
    expect(second).toEqual({ ...first, ref: 2 });
    expect(third).toEqual({ type: 'error', ref: 3, code: 'WS_FORBIDDEN', error: 'Registered as another user' });
    expect(gateway.backend.count(PRESENCE.register)).toBe(1);
    expect(leftovers(gateway)).toMatchObject({ connections: 1, users: 1, actors: 1, present: 1 });
    await client.close();
    await nothingLeft();
  });

  test.each([PRESENCE.register, ROUTER.open])(
    'fails if %s does; the connection stays, and a retry succeeds',
    async (pattern) => {
      gateway.backend.refuse(pattern);
      expect(await client.register('alice', { ref: 'one' })).toEqual({ ...failed, ref: 'one' });
      expect(await client.register('alice')).toEqual(failed);
      await eventually(() => expect(leftovers(gateway)).toMatchObject({ connections: 1, users: 0, present: 0 }));
      client.send({ type: 'message', to: 'bob', content: 'x' });
      expect(await client.next()).toMatchObject({ code: 'WS_NOT_AUTHENTICATED' });
      gateway.backend.accept(pattern);
      expect(await client.register('alice')).toMatchObject({ type: 'registered' });
      gateway.backend.deliver('alice', 'here');
      expect(await client.next()).toMatchObject({ type: 'message', content: 'here' });
    },
  );

  test('fails if nobody plays presence or router', async () => {
    await gateway.backend.node.leave();
    expect(await client.register('alice', { ref: 1 })).toMatchObject({ code: 'WS_UNAVAILABLE', ref: 1 });
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong' });
  });

  // close → presence's answer: the session is gone, its entry at presence must go too.
  test.each([PRESENCE.register, ROUTER.open])('a close while %s is asked leaves nothing behind', async (pattern) => {
    gateway.backend.hold(pattern);
    client.send({ type: 'register', userId: 'alice' });
    client.send({ type: 'ping' });
    await eventually(() => expect(gateway.backend.waiting(pattern)).toBe(1));
    await client.close();
    await eventually(() => expect(leftovers(gateway)).toMatchObject({ connections: 0, users: 0, heartbeats: 0 }));
    gateway.backend.release(pattern);
    await nothingLeft();
    expect(gateway.backend.count(PRESENCE.remove)).toBeGreaterThan(0);
  });

  // The removal overtakes the registration: the mesh sends an ask again to another owner when the first one is lost.
  test('a registration that arrives after the removal is removed again', async () => {
    gateway.backend.hold(PRESENCE.register);
    client.send({ type: 'register', userId: 'alice' });
    await eventually(() => expect(gateway.backend.waiting(PRESENCE.register)).toBe(1));
    await client.close();
    await eventually(() => expect(gateway.backend.count(PRESENCE.remove)).toBe(1));
    expect(gateway.backend.connections.size).toBe(0);
    gateway.backend.release(PRESENCE.register);
    await eventually(() => expect(gateway.backend.count(PRESENCE.remove)).toBe(2));
    await nothingLeft();
  });

  test('a close while a refused registration is under way leaves nothing behind', async () => {
    gateway.backend.hold(PRESENCE.register);
    gateway.backend.refuse(PRESENCE.register);
    client.send({ type: 'register', userId: 'alice' });
    await eventually(() => expect(gateway.backend.waiting(PRESENCE.register)).toBe(1));
    client.terminate();
    await eventually(() => expect(leftovers(gateway)).toMatchObject({ connections: 0 }));
    gateway.backend.release(PRESENCE.register);
    await nothingLeft();
  });

  test('who has not registered in time is closed with 4002, registering or not, and leaves nothing behind', async () => {
    gateway.backend.hold(PRESENCE.register);
    const idle = await WireClient.connect(gateway.url);
    client.send({ type: 'register', userId: 'alice' });
    await eventually(() => expect(gateway.backend.waiting(PRESENCE.register)).toBe(1));
    clock.advance(10_000);
    await eventually(() => expect([client.closed?.code, idle.closed?.code]).toEqual([4002, 4002]));
    gateway.backend.release(PRESENCE.register);
    await nothingLeft();
  });

  test('who has registered is not', async () => {
    await client.register('alice');
    clock.advance(20_000);
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong' });
  });

  test('no timer is left of a connection that came and went', async () => {
    const lasting = await WireClient.connect(gateway.url);
    await lasting.register('bob');
    await client.register('alice');
    const another = await WireClient.connect(gateway.url);
    gateway.backend.deliver('alice', 'something to be acknowledged');
    await client.next();
    await Promise.all([client.close(), another.close()]);
    await eventually(() => expect(leftovers(gateway)).toMatchObject({ connections: 1, present: 1, actors: 1 }));
    clock.advance(1_000);
    // Those of the two wheels, heartbeat and refresh.
    expect(clock.pending).toBe(2);
    lasting.terminate();
  });
});
