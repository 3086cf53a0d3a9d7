import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PRESENCE, ROUTER, type InboxPosition, type RegisterRequest } from '#contract';
import { WireClient, eventually } from '#testing';
import { CatchUp } from '../../connection/catch-up.js';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';

describe('register, where presence tells the position in the inbox', () => {
  let gateway: GatewayUnderTest;
  let client: WireClient;
  const opened = (): number => gateway.backend.count(ROUTER.open);

  /** Presence answers as the engine would, of the inbox as it is now; or `position`. */
  const tell = (position?: Partial<InboxPosition>): void => {
    gateway.backend.answer(PRESENCE.register, ({ userId, lastMessageId: cursor = 0 }: RegisterRequest) => {
      const { epoch, firstMessageId } = gateway.backend;
      const lastMessageId = gateway.backend.log(userId).at(-1)?.messageId ?? 0;
      return { connections: 1, since: 1, inbox: { epoch, lastMessageId, firstMessageId, cursor, ...position } };
    });
  };

  beforeEach(async () => {
    gateway = await GatewayUnderTest.start();
    client = await WireClient.connect(gateway.url);
    gateway.backend.store('alice', 'one', 'two', 'three');
    tell();
  });
  afterEach(async () => {
    client.terminate();
    await gateway.stop();
  });

  test('it asks for that, from the cursor of the client', async () => {
    await client.register('alice', { lastMessageId: 2 });
    expect(gateway.backend.asked[0]).toMatchObject({
      pattern: PRESENCE.register,
      data: { opens: true, lastMessageId: 2 },
    });
  });

  test('who has missed nothing needs no router, and has what comes', async () => {
    const registered = await client.register('alice', { lastMessageId: 3, epoch: 'epoch-1' });
    expect(registered).toMatchObject({ lastMessageId: 3, epoch: 'epoch-1', resumed: true });
    gateway.backend.deliver('alice', 'four');
    await eventually(() => expect(client.ofType('message')).toMatchObject([{ messageId: 4, content: 'four' }]));
    expect(opened()).toBe(0);
  });

  test('nor does a new user', async () => {
    expect(await client.register('nobody')).toMatchObject({ lastMessageId: 0, resumed: true });
    expect(opened()).toBe(0);
  });

  test('who has missed something has it from the router', async () => {
    expect(await client.register('alice', { lastMessageId: 1 })).toMatchObject({ lastMessageId: 3, resumed: true });
    await eventually(() => expect(client.ofType('message').map((m) => m['messageId'])).toEqual([2, 3]));
    expect(opened()).toBe(1);
  });

  test.each<[string, Record<string, unknown>, Partial<InboxPosition>]>([
    ['knows another life of the log', { lastMessageId: 3, epoch: 'epoch-0' }, {}],
    ['is beyond the end of the log', { lastMessageId: 9 }, {}],
    ['has a cursor before what is held', { lastMessageId: 3 }, { firstMessageId: 5 }],
  ])('the router decides about who %s', async (_, cursor, position) => {
    tell(position);
    expect(await client.register('alice', cursor)).toMatchObject({ type: 'registered' });
    expect(opened()).toBe(1);
  });

  // Interleaving: presence answers → a message is stored, and lost on its way with a gap of the carrier → the gap is noticed → the answer arrives, of before.
  test('a gap of the carrier before the answer has come makes it look into the log', async () => {
    tell({ lastMessageId: 3 });
    gateway.backend.hold(PRESENCE.register);
    client.send({ type: 'register', userId: 'alice', lastMessageId: 3 });
    await eventually(() => expect(gateway.backend.waiting(PRESENCE.register)).toBe(1));
    const request = gateway.backend.asked[0]?.data as RegisterRequest;
    gateway.backend.connections.set(request.connectionId, request);
    gateway.backend.store('alice', 'nobody told the gateway');
    gateway.get(CatchUp).begin();
    gateway.backend.release(PRESENCE.register);
    await eventually(() => expect(client.ofType('message')).toMatchObject([{ messageId: 4 }]));
    expect(opened()).toBe(0);
  });
});
