import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PRESENCE, type RegisterRequest, type SetStatusRequest } from '#contract';
import { WireClient, eventually } from '#testing';
import { CatchUp } from '../../connection/catch-up.js';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';

describe('presence', () => {
  let gateway: GatewayUnderTest;
  let alice: WireClient;
  const said = () =>
    gateway.backend.asked.filter((a) => a.pattern === PRESENCE.setStatus).map((a) => a.data as SetStatusRequest);

  beforeEach(async () => {
    gateway = await GatewayUnderTest.start();
    alice = await WireClient.connect(gateway.url);
  });
  afterEach(async () => {
    alice.terminate();
    await gateway.stop();
  });

  test('says what others are to see of this connection', async () => {
    const { connectionId } = await alice.register('alice');
    alice.send({ type: 'presence', status: 'away', ref: 'p' });
    expect(await alice.next()).toEqual({ type: 'ok', ref: 'p' });
    alice.send({ type: 'presence', status: 'offline' });
    expect(await alice.next()).toEqual({ type: 'ok' });
    expect(said()).toEqual([
      { userId: 'alice', connectionId, status: 'away' },
      { userId: 'alice', connectionId, status: 'offline' },
    ]);
  });

  test('refuses another status, and whoever has not registered', async () => {
    alice.send({ type: 'presence', status: 'away' });
    expect(await alice.next()).toMatchObject({ code: 'WS_NOT_AUTHENTICATED' });
    await alice.register('alice');
    alice.send({ type: 'presence', status: 'busy' });
    expect(await alice.next()).toMatchObject({
      code: 'WS_INVALID_PAYLOAD',
      error: 'status must be one of the following values: online, away, offline',
    });
    expect(said()).toEqual([]);
  });

  test('fails where presence is away', async () => {
    await alice.register('alice');
    gateway.backend.refuse(PRESENCE.setStatus);
    alice.send({ type: 'presence', status: 'away', ref: 1 });
    expect(await alice.next()).toMatchObject({ type: 'error', code: 'WS_UNAVAILABLE', ref: 1 });
  });

  // Presence forgets a connection (a sweep, the TTL) → it is entered again: who was invisible must not be seen.
  test('is said again with a connection that presence had forgotten', async () => {
    await alice.register('alice');
    alice.send({ type: 'presence', status: 'offline' });
    await alice.next();
    gateway.backend.connections.clear();
    gateway.get(CatchUp).begin();
    await eventually(() => expect(gateway.backend.connections.size).toBe(1));
    const [again] = gateway.backend.connections.values();
    expect(again satisfies RegisterRequest | undefined).toMatchObject({ userId: 'alice', status: 'offline' });
  });
});
