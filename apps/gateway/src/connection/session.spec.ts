import { afterEach, describe, expect, test } from '@jest/globals';
import { WireClient, eventually } from '#testing';
import { GatewayUnderTest, type GatewayOptions } from '../testing/gateway-under-test.js';

describe('a session', () => {
  let gateway: GatewayUnderTest;
  const start = async (options: GatewayOptions = {}): Promise<void> => {
    gateway = await GatewayUnderTest.start(options);
  };
  afterEach(() => gateway.stop());

  test('registers, is answered, and has what waits for it and what comes', async () => {
    await start();
    gateway.backend.store('alice', 'one', 'two');
    const alice = await WireClient.connect(gateway.url);
    const registered = await alice.register('alice', { ref: 'r' });
    expect(registered).toEqual({
      type: 'registered',
      ref: 'r',
      content: 'Successfully registered',
      userId: 'alice',
      connectionId: expect.any(String),
      gatewayId: 'gateway-01',
      lastMessageId: 2,
      epoch: 'epoch-1',
      heartbeat: { intervalMs: 30_000, timeoutMs: 90_000 },
      resumed: true,
    });
    gateway.backend.deliver('alice', 'three');
    await eventually(() => expect(alice.ofType('message').map((m) => m['content'])).toEqual(['one', 'two', 'three']));
    expect(alice.ofType('message')[2]).toEqual({
      type: 'message',
      from: 'sender',
      content: 'three',
      to: 'alice',
      messageId: 3,
      kind: 'text',
      timestamp: 1_003,
    });
    await alice.close();
  });
});
