import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { GATEWAY, ROUTER } from '#contract';
import { WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';

describe('acks', () => {
  let gateway: GatewayUnderTest;
  let alice: WireClient;
  const notice = { userId: 'alice', device: 'phone', messageId: 2, status: 'read', epoch: 'epoch-1' };

  beforeEach(async () => {
    gateway = await GatewayUnderTest.start();
    alice = await WireClient.connect(gateway.url);
    await alice.register('alice', { ack: 'manual', device: 'phone' });
  });
  afterEach(async () => {
    alice.terminate();
    await gateway.stop();
  });

  test('with a ref are answered once they are saved', async () => {
    gateway.backend.hold(ROUTER.acknowledge);
    alice.send({ type: 'ack', messageId: 2, status: 'read', ref: 'a' });
    await eventually(() => expect(gateway.backend.waiting(ROUTER.acknowledge)).toBe(1));
    alice.send({ type: 'ping' });
    expect(await alice.next()).toEqual({ type: 'pong' });
    gateway.backend.release(ROUTER.acknowledge);
    expect(await alice.next()).toEqual({ type: 'acked', ref: 'a' });
    expect(gateway.backend.acks).toEqual([notice]);
  });

  test('without are passed on', async () => {
    alice.send({ type: 'ack', messageId: 2, status: 'read' });
    await eventually(() => expect(gateway.backend.acks).toEqual([notice]));
    alice.send({ type: 'ping' });
    expect(await alice.next()).toEqual({ type: 'pong' });
  });

  test.each([true, false])('fail where no router is there (with a ref: %s)', async (withRef) => {
    await gateway.backend.node.leave();
    alice.send({ type: 'ack', messageId: 2, status: 'read', ...(withRef ? { ref: 1 } : {}) });
    expect(await alice.next()).toMatchObject({ type: 'error', code: 'WS_UNAVAILABLE', ...(withRef ? { ref: 1 } : {}) });
  });

  test.each([
    [{ messageId: -1, status: 'read' }, 'messageId must be an integer from 0 to 2^53 - 1'],
    [{ messageId: 1, status: 'seen' }, 'status must be one of the following values: delivered, read'],
    [
      { messageId: 1, status: 'read', conversation: '' },
      'conversation must be 1 to 128 characters without control characters',
    ],
  ])('%j are refused', async (fields, error) => {
    alice.send({ type: 'ack', ...fields });
    expect(await alice.next()).toEqual({ type: 'error', code: 'WS_INVALID_PAYLOAD', error });
  });

  test('in a conversation that is open carry its epoch; in another it is asked for first', async () => {
    alice.send({ type: 'subscribe', conversation: 'open' });
    expect(await alice.next()).toMatchObject({ type: 'subscribed' });
    for (const conversation of ['open', 'shut']) {
      alice.send({ type: 'ack', conversation, messageId: 2, status: 'read', ref: conversation });
      expect(await alice.next()).toEqual({ type: 'acked', ref: conversation });
    }
    expect(gateway.backend.acks).toEqual([
      { ...notice, conversation: 'open' },
      { ...notice, conversation: 'shut' },
    ]);
    expect(gateway.backend.count(ROUTER.sync)).toBe(1);
  });

  test('in a conversation of others are forbidden', async () => {
    gateway.backend.conversations.members.set('c', new Set());
    alice.send({ type: 'ack', conversation: 'c', messageId: 2, status: 'read', ref: 1 });
    expect(await alice.next()).toMatchObject({ code: 'WS_FORBIDDEN', ref: 1 });
    expect(gateway.backend.acks).toEqual([]);
  });

  test('come back to the sender as receipts, on each of its connections', async () => {
    const other = await WireClient.connect(gateway.url);
    await other.register('alice', { device: 'laptop' });
    const receipt = { to: 'bob', messageId: 9, status: 'read', timestamp: 5 };
    gateway.backend.tell(GATEWAY.receipt, { userId: 'alice', ...receipt });
    for (const client of [alice, other]) expect(await client.next()).toEqual({ type: 'receipt', ...receipt });
    other.terminate();
  });
});
