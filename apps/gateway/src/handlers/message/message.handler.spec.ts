import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ROUTER, type SendRequest } from '#contract';
import { unpackBody } from '#protocol';
import { WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';

/** As INBOUND_MAX_FRAMES has it. */
const INBOUND_WINDOW = 256;
/** As INBOUND_MAX_BYTES has it. */
const INBOUND_BYTES = 1_048_576;

describe('message', () => {
  let gateway: GatewayUnderTest;
  let alice: WireClient;
  let bob: WireClient;

  beforeEach(async () => {
    gateway = await GatewayUnderTest.start({ env: { MAX_MESSAGE_BYTES: '2000000' } });
    [alice, bob] = [await WireClient.connect(gateway.url), await WireClient.connect(gateway.url)];
    await alice.register('alice');
    await bob.register('bob');
  });
  afterEach(async () => {
    for (const client of [alice, bob]) client.terminate();
    await gateway.stop();
  });

  test('reaches its recipient; accepted comes for a ref, for an id, for both, and for neither not', async () => {
    alice.send({ type: 'message', to: 'bob', content: 'plain' });
    alice.send({ type: 'message', to: 'bob', content: 'ref', ref: 7 });
    alice.send({ type: 'message', to: 'bob', content: 'id', id: 'm1' });
    alice.send({ type: 'message', to: 'bob', content: 'both', id: 'm2', ref: 'r' });
    alice.send({ type: 'message', to: 'bob', content: 'both', id: 'm2' });
    await eventually(() => expect(alice.ofType('accepted')).toHaveLength(4));
    const timestamp = expect.any(Number);
    expect(alice.ofType('accepted')).toEqual([
      { type: 'accepted', ref: 7, messageId: 2, timestamp },
      { type: 'accepted', messageId: 3, timestamp, id: 'm1' },
      { type: 'accepted', ref: 'r', messageId: 4, timestamp, id: 'm2' },
      { type: 'accepted', messageId: 4, timestamp, id: 'm2', duplicate: true },
    ]);
    await eventually(() => expect(bob.ofType('message')).toHaveLength(4));
    expect(bob.ofType('message')[3]).toEqual({
      type: 'message',
      from: 'alice',
      to: 'bob',
      content: 'both',
      messageId: 4,
      kind: 'text',
      timestamp,
      id: 'm2',
    });
    expect(gateway.stats()).toMatchObject({ accepted: 5, delivered: 4 });
  });

  test('keeps its kind', async () => {
    alice.send({ type: 'message', to: 'bob', content: 'hum', kind: 'voice' });
    expect(await bob.next()).toMatchObject({ content: 'hum', kind: 'voice' });
  });

  test('ephemeral: passed on, without messageId', async () => {
    alice.send({ type: 'message', to: 'bob', content: 'typing', kind: 'typing', ephemeral: true, ref: 1 });
    expect(await alice.next()).toEqual({ type: 'accepted', ref: 1, timestamp: expect.any(Number) });
    expect(await bob.next()).toEqual({
      type: 'message',
      from: 'alice',
      to: 'bob',
      content: 'typing',
      kind: 'typing',
      timestamp: expect.any(Number),
    });
  });

  test.each([
    ['{"type":"message","content":"x"}', 'WS_INVALID_PAYLOAD', 'Recipient is required'],
    ['{"type":"message","to":"","content":"x"}', 'WS_INVALID_PAYLOAD', 'Recipient is required'],
    ['{"type":"message","to":null,"content":"x"}', 'WS_INVALID_PAYLOAD', 'Recipient is required'],
    ['{"type":"message","to":"bob"}', 'WS_INVALID_PAYLOAD', 'content must be a string'],
    ['{"type":"message","to":"bob","content":1}', 'WS_INVALID_PAYLOAD', 'content must be a string'],
    [
      '{"type":"message","to":"bob","content":"x","id":""}',
      'WS_INVALID_PAYLOAD',
      'id must be a string of 1 to 64 characters',
    ],
    [
      '{"type":"message","to":"bob","content":"x","ephemeral":"yes"}',
      'WS_INVALID_PAYLOAD',
      'ephemeral must be a boolean value',
    ],
    [
      '{"type":"message","to":"b","conversation":"c","content":"x"}',
      'WS_INVALID_PAYLOAD',
      'conversation and to exclude each other',
    ],
    ['{"type":"message","conversation":"c","content":"x"}', 'WS_FORBIDDEN', 'Not a member of the conversation'],
  ])('%s is refused', async (frame, code, error) => {
    gateway.backend.conversations.members.set('c', new Set(['bob']));
    alice.send(frame);
    expect(await alice.next()).toEqual({ type: 'error', code, error });
    expect(gateway.backend.count(ROUTER.send)).toBe(0);
  });

  test('what no router takes is answered, with its ref, and when to try again', async () => {
    gateway.backend.refuse(ROUTER.send);
    alice.send({ type: 'message', to: 'bob', content: 'x', ref: 'r' });
    alice.send({ type: 'message', to: 'bob', content: 'x' });
    const error = { type: 'error', code: 'WS_UNAVAILABLE', error: 'Failed to send message', retryAfterMs: 50 };
    expect(await alice.next()).toEqual({ ...error, ref: 'r' });
    expect(await alice.next()).toEqual(error);
  });

  test('many at once are pipelined in order, so many under way at a time', async () => {
    const count = INBOUND_WINDOW * 4;
    gateway.backend.hold(ROUTER.send);
    for (let n = 0; n < count; n++) alice.send({ type: 'message', to: 'bob', content: String(n), ref: n });
    await eventually(() => expect(gateway.backend.waiting(ROUTER.send)).toBe(INBOUND_WINDOW));
    expect(gateway.stats()).toMatchObject({ queues: { inFlightSends: INBOUND_WINDOW } });
    bob.send({ type: 'ping' });
    expect(await bob.next()).toEqual({ type: 'pong' });
    expect(gateway.backend.waiting(ROUTER.send)).toBe(INBOUND_WINDOW);
    gateway.backend.release(ROUTER.send);
    await eventually(() => expect(bob.ofType('message')).toHaveLength(count));
    expect(bob.ofType('message').map((m) => Number(m['content']))).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(alice.ofType('accepted').map((a) => a['ref'])).toEqual(Array.from({ length: count }, (_, n) => n));
  });

  test('large ones wait by their bytes: a router that does not answer costs no more of them', async () => {
    const [count, largest] = [60, INBOUND_BYTES * 1.5];
    gateway.backend.hold(ROUTER.send);
    const content = 'x'.repeat(60_000);
    for (let n = 0; n < count; n++) alice.send({ type: 'message', to: 'bob', content, ref: n });
    alice.send({ type: 'message', to: 'bob', content: 'x'.repeat(largest), ref: count });
    await eventually(() => expect(gateway.stats()).toMatchObject({ limited: { 'bytes waiting': 1 } }));
    await eventually(() => expect(gateway.stats()).toMatchObject({ queues: { inFlightSends: 17 } }));
    const bytes = (): number => (gateway.stats()['queues'] as { inboundBytes: number }).inboundBytes;
    expect(bytes()).toBeGreaterThan(17 * content.length);
    expect(bytes()).toBeLessThan(INBOUND_BYTES + 2 * 65_536);
    bob.send({ type: 'ping' });
    expect(await bob.next()).toEqual({ type: 'pong' });
    gateway.backend.release(ROUTER.send);
    await eventually(() => expect(alice.ofType('accepted')).toHaveLength(count + 1));
    expect(alice.ofType('accepted').map((a) => a['ref'])).toEqual(Array.from({ length: count + 1 }, (_, n) => n));
    await eventually(() => expect(bob.ofType('message').at(-1)?.['content']).toHaveLength(largest));
    expect(gateway.stats()).toMatchObject({ queues: { inFlightSends: 0, inboundBytes: 0 } });
  });

  test('a lone surrogate in the body is no reason to fail', async () => {
    alice.send('{"type":"message","to":"bob","content":"a\\ud800b"}');
    expect(await bob.next()).toMatchObject({ content: expect.stringMatching(/^a\ufffd+b$/) });
  });

  test('an answer that comes after the close is for nobody', async () => {
    gateway.backend.hold(ROUTER.send);
    alice.send({ type: 'message', to: 'bob', content: 'last words', ref: 1 });
    await eventually(() => expect(gateway.backend.waiting(ROUTER.send)).toBe(1));
    const { data } = gateway.backend.asked.at(-1)!;
    expect(unpackBody((data as SendRequest).body)).toMatchObject({ from: 'alice', to: 'bob', content: 'last words' });
    await alice.close();
    gateway.backend.release(ROUTER.send);
    expect(await bob.next()).toMatchObject({ content: 'last words' });
  });
});
