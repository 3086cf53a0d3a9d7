import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WireClient, eventually } from '#testing';
import { Edge } from '../conformance/edge.js';
import { OPCODE, encode } from '../conformance/raw-frames.js';
import { bigFrames, deafClient, halfOpenUpgrades, silentConnections } from './attacks.js';
import { GoodClients } from './good-clients.js';

const MIB = 1024 * 1024;

describe('while good clients talk', () => {
  let edge: Edge;
  let good: GoodClients;
  const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    edge = await Edge.start(env);
    good = await GoodClients.start({ urls: [`ws://127.0.0.1:${edge.port}/ws`], clients: 20, thinkMs: 5 });
  };
  const closed = async (): Promise<Readonly<Record<string, number>>> =>
    (await edge.app.json('/stats'))['closed'] as Readonly<Record<string, number>>;

  /** They got everything, in order, and nothing happened to them. */
  const noticeNothing = async (): Promise<void> => {
    const { received } = good;
    await eventually(() => expect(good.received).toBeGreaterThan(received + 100));
    good.quiet();
    await eventually(() => expect(good.missing).toEqual([]));
    expect(good.faults).toEqual([]);
  };

  afterEach(async () => {
    good.stop();
    await edge.stop();
  });

  describe('who takes too long to come in', () => {
    beforeEach(async () => start({ AUTH_TIMEOUT_MS: '1000' }));

    test('with half an upgrade is answered 408 and cut off, however it drips', async () => {
      const attack = halfOpenUpgrades(edge.port, 200);
      await eventually(() => expect(attack.answers).toHaveLength(200), { timeoutMs: 20_000 });
      expect(new Set(attack.answers)).toEqual(new Set(['HTTP/1.1 408 Request Timeout']));
      await eventually(() => expect(attack.outcome()).toMatch(/^0 of 200 open/));
      attack.stop();
      await noticeNothing();
    });

    test('or says nothing at all is closed with 4002', async () => {
      const attack = silentConnections(edge.port, 500);
      await eventually(() => expect(attack.codes).toEqual(new Map([['4002', 500]])), { timeoutMs: 30_000 });
      attack.stop();
      await eventually(async () => expect(await edge.app.json('/stats')).toMatchObject({ connections: 20 }));
      await noticeNothing();
    });
  });

  test('a frame that is too long is answered with 1009 before it is read', async () => {
    await start();
    const peer = await edge.open();
    peer.write(encode({ opcode: OPCODE.text, length: MIB + 1 }));
    expect(await peer.closed()).toMatchObject({ code: 1009 });
    await noticeNothing();
  });

  test('who sends long frames as fast as they go is held back by TCP, and loses nothing by it', async () => {
    await start({ RATE_LIMIT_BYTES: '65536', RATE_LIMIT_BYTES_BURST: String(2 * MIB) });
    const attack = await bigFrames(edge.port, MIB);
    // What the kernels hold between the two is full, and stays so.
    await eventually(() => expect(attack.peer.socket.writableLength).toBeGreaterThan(0));
    await noticeNothing();
    expect(attack.peer.socket.writableLength).toBeGreaterThan(0);
    expect(attack.peer.ended).toBe(false);
    expect(attack.peer.frames.filter(({ payload }) => payload.includes('"error"'))).toEqual([]);
    attack.stop();
  });

  test('who reads nothing is closed with 4001 and finds all of it in the log', async () => {
    await start({ OUTBOUND_STALL_MS: '1000' });
    const attack = await deafClient(edge.port, 5, 100_000, 10);
    await eventually(async () => expect(await closed()).toMatchObject({ 4001: 1 }), { timeoutMs: 30_000 });
    attack.stop();
    const sent = attack.sent();
    expect(sent).toBeGreaterThan(0);
    const back = await WireClient.connect(`ws://127.0.0.1:${edge.port}/ws`);
    await back.register('deaf', { lastMessageId: 0 });
    await eventually(() => expect(back.ofType('message').length).toBeGreaterThanOrEqual(sent), { timeoutMs: 30_000 });
    const ids = back.ofType('message').map((frame) => frame['messageId']);
    expect(ids).toEqual(ids.map((_, i) => i + 1));
    back.terminate();
    await noticeNothing();
  });
});
