import { expect, test } from '@jest/globals';
import { Metrics } from '#service';
import { WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';

test('the gateway counts its connections, users, messages, closes and queues, in /stats and /metrics alike', async () => {
  const gateway = await GatewayUnderTest.start();
  const [alice, again] = [await WireClient.connect(gateway.url), await WireClient.connect(gateway.url)];
  await Promise.all([alice.register('alice'), again.register('alice')]);
  alice.send({ type: 'message', to: 'alice', content: 'self' });
  for (const client of [alice, again]) await eventually(() => expect(client.ofType('message')).toHaveLength(1));
  alice.send('{');
  await again.close();
  await eventually(() =>
    expect(gateway.stats()).toEqual({
      gatewayId: 'gateway-01',
      connections: 1,
      users: 1,
      subscriptions: 0,
      watched: 0,
      accepted: 1,
      delivered: 2,
      closed: { 1000: 1 },
      refused: {},
      authentications: {},
      tokens: 0,
      limited: {},
      addresses: 1,
      load: { overloaded: false, times: 0, lagMs: expect.any(Number), memoryPercent: expect.any(Number) },
      errors: { WS_INVALID_MESSAGE: 1 },
      sweeps: 0,
      queues: { mailboxes: 0, inboundBytes: 0, outboundBytes: 0, inFlightSends: 0 },
    }),
  );
  const text = await gateway.get(Metrics).metrics();
  for (const line of [
    'switchboard_gateway_connections 1',
    'switchboard_gateway_users 1',
    'switchboard_gateway_accepted_total 1',
    'switchboard_gateway_delivered_total 2',
    'switchboard_gateway_closed_total{code="1000"} 1',
    'switchboard_gateway_errors_total{code="WS_INVALID_MESSAGE"} 1',
    'switchboard_gateway_sends_in_flight 0',
    'switchboard_gateway_inbound_bytes 0',
    'switchboard_gateway_overloaded 0',
    'switchboard_gateway_addresses 1',
  ])
    expect(text).toContain(line);
  alice.terminate();
  await gateway.stop();
});
