import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WireClient } from '#testing';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';

describe('auth, where no tokens are asked for', () => {
  let gateway: GatewayUnderTest;
  let client: WireClient;

  beforeEach(async () => {
    gateway = await GatewayUnderTest.start();
    client = await WireClient.connect(gateway.url);
  });
  afterEach(async () => {
    client.terminate();
    await gateway.stop();
  });

  test('registers', async () => {
    client.send({ type: 'auth', userId: 'alice', ref: 1 });
    expect(await client.next()).toMatchObject({ type: 'registered', userId: 'alice', ref: 1 });
    gateway.backend.deliver('alice', 'here');
    expect(await client.next()).toMatchObject({ type: 'message', content: 'here' });
  });

  test('needs a user id', async () => {
    client.send({ type: 'auth', token: 'x', ref: 1 });
    expect(await client.next()).toEqual({
      type: 'error',
      code: 'WS_INVALID_PAYLOAD',
      error: 'UserID is required for registration',
      ref: 1,
    });
  });
});
