import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ROUTER } from '#contract';
import { WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';

describe('asking for what is stored', () => {
  let gateway: GatewayUnderTest;
  let alice: WireClient;
  const asked = (pattern: string) => gateway.backend.asked.filter((a) => a.pattern === pattern).map((a) => a.data);

  beforeEach(async () => {
    gateway = await GatewayUnderTest.start();
    alice = await WireClient.connect(gateway.url);
    gateway.backend.store('alice', 'one', 'two', 'three');
    await alice.register('alice', { lastMessageId: 3 });
  });
  afterEach(async () => {
    alice.terminate();
    await gateway.stop();
  });

  test('sync gives a page of the inbox, and says whether there is more', async () => {
    alice.send({ type: 'sync', lastMessageId: 1, limit: 1, ref: 's' });
    expect(await alice.next()).toEqual({
      type: 'synced',
      ref: 's',
      messages: [
        { type: 'message', from: 'sender', content: 'two', to: 'alice', messageId: 2, kind: 'text', timestamp: 1_002 },
      ],
      hasMore: true,
      epoch: 'epoch-1',
    });
    alice.send({ type: 'sync', lastSyncTime: 5 });
    expect(await alice.next()).toMatchObject({ type: 'synced', hasMore: false });
    expect(asked(ROUTER.sync)).toEqual([
      { userId: 'alice', lastMessageId: 1, limit: 1 },
      { userId: 'alice', lastSyncTime: 5, limit: 100 },
    ]);
  });

  test('sync gives a page of a conversation, to its members', async () => {
    gateway.backend.conversations.store('c', 'hello');
    alice.send({ type: 'sync', conversation: 'c' });
    expect(await alice.next()).toMatchObject({ messages: [{ conversation: 'c', content: 'hello' }], hasMore: false });
    gateway.backend.conversations.members.set('c', new Set());
    alice.send({ type: 'sync', conversation: 'c', ref: 1 });
    expect(await alice.next()).toMatchObject({ code: 'WS_FORBIDDEN', ref: 1 });
  });

  test.each([
    ['sync', { limit: 0 }, 'limit must not be less than 1'],
    ['sync', { limit: 501 }, 'limit must not be greater than 500'],
    ['sync', { lastSyncTime: -1 }, 'lastSyncTime must be an integer from 0 to 2^53 - 1'],
    ['status', {}, 'Recipient is required'],
    ['conversations', { limit: 501 }, 'limit must not be greater than 500'],
    ['conversations', { after: '' }, 'after must be 1 to 128 characters without control characters'],
  ])('%s %j is refused', async (type, fields, error) => {
    alice.send({ type, ...fields });
    expect(await alice.next()).toEqual({ type: 'error', code: 'WS_INVALID_PAYLOAD', error });
  });

  test('status says how far somebody has received and read', async () => {
    alice.send({ type: 'status', to: 'bob', ref: 1 });
    expect(await alice.next()).toEqual({ type: 'status', ref: 1, to: 'bob', delivered: 7, read: 3 });
    expect(asked(ROUTER.status)).toEqual([{ userId: 'bob' }]);
  });

  test('conversations lists those of the user', async () => {
    gateway.backend.conversations.store('c', '1', '2');
    alice.send({ type: 'conversations', ref: 'l' });
    expect(await alice.next()).toEqual({
      type: 'conversations',
      ref: 'l',
      conversations: [{ conversation: 'c', lastMessageId: 2, read: 0, unread: 2 }],
    });
    alice.send({ type: 'conversations', limit: 5, after: 'c' });
    expect(await alice.next()).toMatchObject({ type: 'conversations' });
    expect(asked(ROUTER.conversations)).toEqual([
      { userId: 'alice', limit: 100 },
      { userId: 'alice', limit: 5, after: 'c' },
    ]);
  });

  test.each([ROUTER.sync, ROUTER.status, ROUTER.conversations])(
    '%s fails where the engine is away',
    async (pattern) => {
      gateway.backend.refuse(pattern);
      const command = { [ROUTER.sync]: 'sync', [ROUTER.status]: 'status', [ROUTER.conversations]: 'conversations' };
      alice.send({ type: command[pattern], to: 'bob', ref: 1 });
      expect(await alice.next()).toMatchObject({ type: 'error', code: 'WS_UNAVAILABLE', ref: 1, retryAfterMs: 50 });
      await eventually(() => expect(gateway.stats()).toMatchObject({ queues: { inFlightSends: 0 } }));
    },
  );
});
