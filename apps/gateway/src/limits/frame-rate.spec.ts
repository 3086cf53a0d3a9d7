import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ROUTER } from '#contract';
import { PackClient, VirtualClock, WireClient, eventually, type Frame } from '#testing';
import { Registry } from '../connection/registry.js';
import type { SessionActor } from '../connection/session.js';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { SOME } from './insistence.js';
import { NOTHING, leftovers } from '../testing/leftovers.js';

const FRAMES = { RATE_LIMIT_FRAMES: '50', RATE_LIMIT_FRAMES_BURST: '100' };
const BYTES = { RATE_LIMIT_BYTES: '1000', RATE_LIMIT_BYTES_BURST: '4000' };

describe('one connection', () => {
  let gateway: GatewayUnderTest;
  let clock: VirtualClock;
  const start = async (env: Readonly<Record<string, string>>): Promise<void> => {
    clock = new VirtualClock();
    gateway = await GatewayUnderTest.start({ clock, env });
  };
  afterEach(async () => {
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
    await gateway.stop();
  });

  /** Connected long ago: its bucket is full. */
  const connect = async (): Promise<WireClient> => {
    const client = await WireClient.connect(gateway.url);
    clock.advance(1_000);
    return client;
  };
  const sessionOf = (userId: string): SessionActor => gateway.get<Registry<SessionActor>>(Registry).of(userId)[0]!;
  const pings = (client: WireClient, count: number): void => {
    for (let ref = 1; ref <= count; ref++) client.send({ type: 'ping', ref });
  };
  const answers = async (client: WireClient, count: number): Promise<readonly Frame[]> => {
    await eventually(() => expect(client.frames).toHaveLength(count));
    return client.frames.slice(0, count);
  };
  const limited = (): unknown => gateway.stats()['limited'];

  describe('that sends too many frames', () => {
    beforeEach(() => start(FRAMES));

    test('is told so for each above the burst, with its ref and when to come again; the others are handled', async () => {
      const client = await connect();
      pings(client, 102);
      const frames = await answers(client, 102);
      expect(client.ofType('pong')).toHaveLength(100);
      expect(frames.filter(({ type }) => type === 'error')).toEqual(
        [101, 102].map((ref) => ({
          type: 'error',
          error: 'Too many requests',
          code: 'WS_RATE_LIMITED',
          ref,
          retryAfterMs: 20,
        })),
      );
      expect(limited()).toEqual({ 'frames of a connection': 2 });
      expect(gateway.stats()).toMatchObject({ errors: { WS_RATE_LIMITED: 2 } });
      clock.advance(20);
      client.send({ type: 'ping', ref: 'later' });
      client.send({ type: 'ping', ref: 'too early' });
      expect((await answers(client, 104)).slice(-2)).toEqual(
        expect.arrayContaining([
          { type: 'pong', ref: 'later' },
          expect.objectContaining({ code: 'WS_RATE_LIMITED', ref: 'too early' }),
        ]),
      );
      await client.close();
    });

    test('is not handled: what it sent is not stored; and its neighbour notices nothing', async () => {
      const [quick, neighbour] = [await connect(), await connect()];
      await quick.register('quick');
      for (let n = 1; n <= 150; n++) quick.send({ type: 'message', to: 'bob', content: String(n), ref: n });
      await answers(quick, 151);
      expect(gateway.backend.count(ROUTER.send)).toBe(99);
      expect(quick.ofType('error').map(({ ref }) => ref)).toEqual(Array.from({ length: 51 }, (_, n) => 100 + n));
      pings(neighbour, 100);
      await answers(neighbour, 100);
      expect(neighbour.ofType('error')).toEqual([]);
      await Promise.all([quick.close(), neighbour.close()]);
    });

    test('in MessagePack is told likewise, with its seq', async () => {
      const client = await PackClient.connect(gateway.url);
      clock.advance(1_000);
      for (let seq = 1; seq <= 101; seq++) client.send(6, seq);
      await eventually(() => expect(client.frames).toHaveLength(101));
      const payload = { code: 'WS_RATE_LIMITED', message: 'Too many requests', retry_after_ms: 20 };
      expect(client.frames.filter(({ type }) => type !== 105)).toEqual([{ type: 106, seq: 101, payload }]);
      await client.close();
    });

    test('and an Auth in MessagePack among them is answered as an Auth', async () => {
      const client = await PackClient.connect(gateway.url);
      clock.advance(1_000);
      for (let seq = 1; seq <= 100; seq++) client.send(6, seq);
      client.send(1, 101, { user_id: 7 });
      await eventually(() => expect(client.frames).toHaveLength(101));
      expect(client.frames.find(({ seq }) => seq === 101)).toMatchObject({
        type: 101,
        payload: { success: false, code: 'WS_RATE_LIMITED', retry_after_ms: 20 },
      });
      await client.close();
    });

    test('that cannot be read is told so without a ref; only those that were handled are bad frames', async () => {
      const client = await connect();
      pings(client, 90);
      for (let n = 0; n < 10; n++) client.send('{');
      for (let n = 0; n < 50; n++) client.send(n % 2 ? '{' : '{"type":1,"ref":"r"}');
      client.socket.send(Buffer.from([0x80]));
      const frames = await answers(client, 151);
      const early = frames.filter(({ code }) => code === 'WS_RATE_LIMITED');
      expect(early).toHaveLength(51);
      expect(early.filter(({ ref }) => ref === 'r')).toHaveLength(25);
      expect(early.filter(({ ref }) => ref === undefined)).toHaveLength(26);
      expect(frames.filter(({ code }) => code === 'WS_INVALID_MESSAGE')).toHaveLength(10);
      expect(client.closed).toBeUndefined();
      await client.close();
    });

    test('and goes on regardless is closed with 4504: after 1,000 refusals within 10 s', async () => {
      const client = await connect();
      pings(client, 1_099);
      await answers(client, 1_099);
      expect(client.closed).toBeUndefined();
      client.send({ type: 'ping' });
      await eventually(() =>
        expect(client.closed).toEqual({ code: 4504, reason: 'above the rate limit for too long' }),
      );
      expect(limited()).toEqual({ 'frames of a connection': 1_000, insistence: 1 });
    });

    test('or with some refusals in each of ten seconds on end', async () => {
      const client = await connect();
      await client.register('alice');
      clock.advance(1_000);
      pings(client, 100 + SOME);
      await answers(client, 101 + SOME);
      for (let second = 2; second <= 10; second++) {
        expect(client.closed).toBeUndefined();
        clock.advance(1_000);
        pings(client, 50 + SOME);
        await eventually(() => expect(client.ofType('error')).toHaveLength(second * SOME));
      }
      await eventually(() => expect(client.closed?.code).toBe(4504));
    });

    test('of WebSocket’s own, pings or pongs, is closed likewise', async () => {
      const [pinging, ponging] = [await connect(), await connect()];
      for (let n = 0; n < 1_100; n++) {
        pinging.socket.ping();
        ponging.socket.pong();
      }
      for (const client of [pinging, ponging]) await eventually(() => expect(client.closed?.code).toBe(4504));
      expect(pinging.frames).toEqual([]);
    });
  });

  describe('that sends too many bytes', () => {
    beforeEach(() => start(BYTES));

    test('is not read until they are paid; nothing is refused or lost, and its silence is not held against it', async () => {
      const client = await connect();
      await client.register('alice');
      const content = 'x'.repeat(1_900);
      for (let ref = 1; ref <= 50; ref++) client.send({ type: 'message', to: 'bob', content, ref });
      const { connection } = sessionOf('alice');
      await eventually(() => expect(connection.flow.paused).toBe(true));
      for (let second = 0; second < 120 && (connection.flow.paused || client.ofType('accepted').length < 50); second++)
        await clock.advanceGently(1_000);
      await eventually(() => expect(client.ofType('accepted')).toHaveLength(50));
      expect(client.ofType('accepted').map(({ ref }) => ref)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
      expect(client.ofType('error')).toEqual([]);
      expect(limited()).toEqual({ 'bytes of a connection': expect.any(Number) });
      await client.close();
    });

    /** Interleaving: too many frames wait → too many bytes as well → the frames are handled, the bytes are not paid yet: it stays paused. */
    test('and too many frames at once: it is read again when both have passed, whichever is first', async () => {
      const client = await connect();
      await client.register('alice');
      const { connection } = sessionOf('alice');
      gateway.backend.hold(ROUTER.send);
      client.sendAtOnce(Array.from({ length: 300 }, () => ({ type: 'message', to: 'bob', content: 'x' })));
      await eventually(() => expect(connection.flow.length).toBeGreaterThan(0));
      expect(connection.flow.paused).toBe(true);
      gateway.backend.release(ROUTER.send);
      await eventually(() => expect(connection.flow.inFlight).toBe(0));
      expect(connection.flow.paused).toBe(true);
      await clock.advanceGently(30_000);
      await eventually(() => expect(connection.flow.paused).toBe(false));
      await client.close();
    });

    /** Interleaving: the socket rests → the session ends → the timer must not wake a socket that is nobody's. */
    test('and is closed meanwhile hears of it, and leaves no timer behind', async () => {
      const client = await connect();
      await client.register('alice');
      client.send({ type: 'message', to: 'bob', content: 'x'.repeat(20_000) });
      const session = sessionOf('alice');
      await eventually(() => expect(session.connection.flow.paused).toBe(true));
      const before = clock.pending;
      session.close(4502, 'disconnected');
      await eventually(() => expect(client.closed?.code).toBe(4502));
      expect(clock.pending).toBeLessThan(before);
    });
  });

  test('whose frames the router has no room for is told when to try again', async () => {
    await start({});
    const client = await connect();
    await client.register('alice');
    gateway.backend.answer(ROUTER.send, () => {
      throw 'overloaded';
    });
    client.send({ type: 'message', to: 'bob', content: 'x', ref: 1 });
    const answer = { type: 'error', error: 'Failed to send message', code: 'WS_UNAVAILABLE', ref: 1 };
    expect(await client.next()).toEqual({ ...answer, retryAfterMs: 1_000 });
    await client.close();
  });
});
