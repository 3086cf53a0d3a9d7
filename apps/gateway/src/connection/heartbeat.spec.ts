import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PRESENCE } from '#contract';
import { VirtualClock, WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { NOTHING, leftovers } from '../testing/leftovers.js';

describe('the heartbeat', () => {
  let gateway: GatewayUnderTest;
  let clock: VirtualClock;
  beforeEach(async () => {
    clock = new VirtualClock();
    gateway = await GatewayUnderTest.start({ clock });
  });
  afterEach(() => gateway.stop());

  /** Does not answer pings: only what it sends itself is life. */
  const mute = () => WireClient.connect(gateway.url, { autoPong: false });

  test('a client that says nothing for 90 s is closed with 4000, within another 30 s', async () => {
    const client = await mute();
    await client.register('alice');
    clock.advance(89_000);
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong' });
    clock.advance(89_000);
    expect(leftovers(gateway)).toMatchObject({ connections: 1 });
    clock.advance(31_000);
    await eventually(() => expect(client.closed).toEqual({ code: 4000, reason: 'no sign of life' }));
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
    expect(gateway.stats()).toMatchObject({ closed: { 4000: 1 }, sweeps: expect.any(Number) });
  });

  test('a client that only answers the pings of the server lives', async () => {
    const client = await WireClient.connect(gateway.url);
    let pings = 0;
    client.socket.on('ping', () => pings++);
    await client.register('alice');
    for (let round = 1; round <= 6; round++) {
      clock.advance(30_000);
      await eventually(() => expect(pings).toBe(round));
      // The pong is on its way before the next frame is: once that is answered, the pong has arrived.
      client.send({ type: 'ping' });
      await client.next();
    }
    expect(client.closed).toBeUndefined();
    await client.close();
  });

  // The client's close and the heartbeat's arrive together, in both orders: whoever is first ends the session, the other finds nothing.
  test('a close that races with it leaves nothing behind', async () => {
    const client = await mute();
    await client.register('alice');
    gateway.backend.hold(PRESENCE.remove);
    client.socket.close(1000);
    clock.advance(130_000);
    await eventually(() => expect(leftovers(gateway)).toMatchObject({ connections: 0, actors: 0, heartbeats: 0 }));
    gateway.backend.release(PRESENCE.remove);
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));

    const other = await mute();
    await other.register('bob');
    other.socket.close(1000);
    await eventually(() => expect(leftovers(gateway)).toMatchObject({ connections: 0 }));
    clock.advance(130_000);
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
    const removed = gateway.backend.asked.filter((each) => each.pattern === PRESENCE.remove);
    expect(removed).toHaveLength(2);
  });

  test('a silent client that was never registered goes as well, by the authentication timeout', async () => {
    const client = await mute();
    clock.advance(10_000);
    await eventually(() => expect(client.closed?.code).toBe(4002));
    expect(leftovers(gateway)).toEqual(NOTHING);
  });
});
