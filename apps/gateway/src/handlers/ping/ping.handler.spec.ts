import { expect, test } from '@jest/globals';
import { WireClient } from '#testing';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';

test('ping is answered before and after registration, with its ref if it had one', async () => {
  const gateway = await GatewayUnderTest.start();
  const client = await WireClient.connect(gateway.url);
  client.send({ type: 'ping' });
  expect(await client.next()).toEqual({ type: 'pong' });
  client.send({ type: 'ping', ref: 0 });
  expect(await client.next()).toEqual({ type: 'pong', ref: 0 });
  await client.register('alice');
  client.send({ type: 'ping', ref: 'x' });
  expect(await client.next()).toEqual({ type: 'pong', ref: 'x' });
  client.terminate();
  await gateway.stop();
});
