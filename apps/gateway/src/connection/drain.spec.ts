import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { PRESENCE } from '#contract';
import type { MeshNode } from '#mesh';
import { Fenced, MESH } from '#service';
import { VirtualClock, WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { NOTHING, leftovers } from '../testing/leftovers.js';
import { Admission } from './admission.js';
import { Drain } from './drain.js';
import { TICK_MS } from './drain-pace.js';

const CLOSING = { type: 'closing', reason: 'service restart', reconnectAfterMs: expect.any(Number) };

describe('a gateway that stops', () => {
  let gateway: GatewayUnderTest;
  const clients: WireClient[] = [];
  const start = async (clock?: VirtualClock): Promise<void> => {
    gateway = await GatewayUnderTest.start({ clock });
  };
  const connect = async (count: number): Promise<WireClient[]> => {
    const some = await Promise.all(Array.from({ length: count }, () => WireClient.connect(gateway.url)));
    clients.push(...some);
    return some;
  };
  const codes = (some: readonly WireClient[]) => some.map((client) => client.closed?.code);
  /** Begins to drain, without the rest of the shutdown. */
  const drain = (): Promise<void> => gateway.get(Drain).beforeApplicationShutdown();

  afterEach(async () => {
    for (const client of clients.splice(0)) client.terminate();
    await gateway.stop();
  });

  test('says so, closes with 1012, saves cursors, tells presence, and then leaves the mesh', async () => {
    await start();
    const [alice, idle] = (await connect(2)) as [WireClient, WireClient];
    await alice.register('alice');
    gateway.backend.deliver('alice', 'one', 'two');
    await eventually(() => expect(alice.ofType('message')).toHaveLength(2));
    await gateway.app.close();
    for (const client of [alice, idle]) {
      await eventually(() => expect(client.closed?.code).toBe(1012));
      expect(client.frames.at(-1)).toEqual(CLOSING);
    }
    expect(gateway.backend.acks).toMatchObject([{ userId: 'alice', messageId: 2 }]);
    expect(leftovers(gateway)).toEqual(NOTHING);
    expect(gateway.stats()).toMatchObject({ closed: { 1012: 2 } });
    await expect(WireClient.connect(gateway.url)).rejects.toThrow();
  });

  test('does not wait for time to pass where few are connected', async () => {
    await start(new VirtualClock());
    const three = await connect(3);
    await drain();
    await eventually(() => expect(codes(three)).toEqual([1012, 1012, 1012]));
  });

  test('dismisses many bit by bit, and serves those that are left until their turn', async () => {
    const clock = new VirtualClock();
    await start(clock);
    const many = await connect(200);
    const last = many.at(-1)!;
    await last.register('last');
    const drained = drain();
    // 200 connections: 4 ticks.
    for (const gone of [50, 100, 150]) {
      await eventually(() => expect(codes(many)).toEqual(many.map((_, i) => (i < gone ? 1012 : undefined))));
      last.send({ type: 'message', to: 'last', content: `${gone}`, ref: gone });
      expect([await last.next(), await last.next()]).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ type: 'accepted', ref: gone }),
          expect.objectContaining({ type: 'message', content: `${gone}` }),
        ]),
      );
      clock.advance(TICK_MS);
    }
    await drained;
    await eventually(() => expect(last.frames.at(-1)).toEqual(CLOSING));
    expect(clock.pending).toBe(0);
    expect(leftovers(gateway)).toEqual(NOTHING);
  });

  test('refuses new ones meanwhile, and says when to try again', async () => {
    const clock = new VirtualClock();
    await start(clock);
    await connect(100);
    const drained = drain();
    const refused = await new Promise<IncomingMessage>((done) =>
      new WebSocket(gateway.url).once('unexpected-response', (_request, answer) => done(answer)),
    );
    expect([refused.statusCode, Number(refused.headers['retry-after'])]).toEqual([503, expect.any(Number)]);
    refused.destroy();
    await clock.advanceGently(2 * TICK_MS);
    await drained;
  });

  test('one that leaves by itself meanwhile is not waited for', async () => {
    const clock = new VirtualClock();
    await start(clock);
    const many = await connect(100);
    const drained = drain();
    await many[99]!.close();
    clock.advance(TICK_MS);
    await drained;
    expect(gateway.stats()).toMatchObject({ closed: { 1000: 1, 1012: 99 } });
  });

  // Interleaving: an upgrade is accepted → the drain dismisses all there are → the session of that upgrade opens.
  test('one whose upgrade was accepted before is dismissed as well', async () => {
    const clock = new VirtualClock();
    await start(clock);
    const [slow] = (await connect(1)) as [WireClient];
    // It does not answer the close frame, so the drain is still under way.
    slow.socket.pause();
    const drained = drain();
    gateway.get(Admission).draining = false;
    const [late] = await connect(1);
    clock.advance(TICK_MS);
    await eventually(() => expect(late!.closed?.code).toBe(1012));
    slow.socket.resume();
    await drained;
    expect(leftovers(gateway)).toEqual(NOTHING);
  });

  // Interleaving: presence is asked to enter it → the drain dismisses it, presence is told that it left → presence enters it after all.
  test('one whose registration is under way is taken back before the mesh is left', async () => {
    await start();
    const [alice] = (await connect(1)) as [WireClient];
    gateway.backend.hold(PRESENCE.register);
    alice.send({ type: 'register', userId: 'alice' });
    await eventually(() => expect(gateway.backend.waiting(PRESENCE.register)).toBe(1));
    const closed = gateway.app.close();
    await eventually(() => expect(gateway.backend.count(PRESENCE.remove)).toBe(1));
    gateway.backend.release(PRESENCE.register);
    await closed;
    expect(gateway.backend.count(PRESENCE.remove)).toBe(2);
    expect(leftovers(gateway)).toEqual(NOTHING);
  });

  // Its id is another's now: whatever it still told presence would be about connections that the other may have.
  test('because another has its id closes all at once, and tells nobody', async () => {
    await start(new VirtualClock());
    const many = await connect(100);
    await many[0]!.register('alice');
    await gateway.app.get<MeshNode>(MESH).leave();
    await gateway.get(Fenced).run();
    await eventually(() => expect(codes(many)).toEqual(many.map(() => 1012)));
    expect(many[0]!.frames.at(-1)).toEqual(CLOSING);
    expect(gateway.backend.count(PRESENCE.remove)).toBe(0);
    await expect(WireClient.connect(gateway.url)).rejects.toThrow('503');
  });

  test('told to stop again is stopping already', async () => {
    await start();
    const [client] = await connect(1);
    await Promise.all([drain(), drain()]);
    await drain();
    await eventually(() => expect(client!.closed?.code).toBe(1012));
    expect(client!.ofType('closing')).toHaveLength(1);
  });
});
