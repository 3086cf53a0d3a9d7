import { expect, test } from '@jest/globals';
import { WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { NOTHING, leftovers } from '../testing/leftovers.js';

test('a gateway that stops says so, closes with 1012, saves cursors, tells presence, and then leaves the mesh', async () => {
  const gateway = await GatewayUnderTest.start();
  const [alice, idle] = [await WireClient.connect(gateway.url), await WireClient.connect(gateway.url)];
  await alice.register('alice');
  gateway.backend.deliver('alice', 'one', 'two');
  await eventually(() => expect(alice.ofType('message')).toHaveLength(2));
  await gateway.app.close();
  for (const client of [alice, idle]) {
    await eventually(() => expect(client.closed?.code).toBe(1012));
    const closing = client.frames.at(-1)!;
    expect(closing).toEqual({ type: 'closing', reason: 'service restart', reconnectAfterMs: expect.any(Number) });
  }
  expect(gateway.backend.acks).toMatchObject([{ userId: 'alice', messageId: 2 }]);
  expect(leftovers(gateway)).toEqual(NOTHING);
  expect(gateway.stats()).toMatchObject({ closed: { 1012: 2 } });
  await expect(WireClient.connect(gateway.url)).rejects.toThrow();
  await gateway.backend.node.leave();
});
