import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import type { Connection } from './connection.js';
import type { EdgeSocket } from './edge-socket.js';
import { Registry } from './registry.js';
import type { SessionActor } from './session.js';

/** Masked with zeros: what a client sends to end well, and what breaks the rules. */
const CLOSE_1000 = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);
const BROKEN = Buffer.from([0xff, 0x80, 0, 0, 0, 0]);

/**
 * Interleaving: an answer is given in a turn, at whose end it leaves; in the same turn a frame is read to which the library writes a close at
 * once, past what waits. A client reads nothing behind a close frame.
 */
describe('the close frame', () => {
  let gateway: GatewayUnderTest;
  let client: WireClient;
  let connection: Connection;
  beforeEach(async () => {
    gateway = await GatewayUnderTest.start();
    client = await WireClient.connect(gateway.url);
    const [session] = gateway.get<Registry<SessionActor>>(Registry).all();
    connection = session!.connection;
  });
  afterEach(() => gateway.stop());

  /** The server reads these bytes in this turn. */
  const read = (bytes: Buffer): boolean =>
    (connection as unknown as { readonly socket: { readonly raw: Duplex } }).socket.raw.emit('data', bytes);

  test.each([
    ['the answer to one', CLOSE_1000, 1000],
    ['for a broken rule', BROKEN, 1002],
  ])('%s comes after what was answered before it in the turn', async (_, bytes, code) => {
    connection.reply({ type: 'pong' });
    read(bytes);
    await eventually(() => expect(client.closed?.code).toBe(code));
    expect(client.frames).toEqual([{ type: 'pong' }]);
  });

  test('is the last: what is answered, or delivered, after it in the turn is not written', async () => {
    read(CLOSE_1000);
    connection.reply({ type: 'pong' });
    expect(connection.hasRoom()).toBe(false);
    expect(connection.unsentBytes).toBe(0);
    await eventually(() => expect(client.closed?.code).toBe(1000));
    expect(client.frames).toEqual([]);
  });
});

/** Of 5 KB that a connection costs, what it need not keep while nothing happens. */
describe('an idle connection', () => {
  let gateway: GatewayUnderTest;
  let client: WireClient;
  let socket: EdgeSocket;
  beforeEach(async () => {
    gateway = await GatewayUnderTest.start();
    client = await WireClient.connect(gateway.url);
    const [session] = gateway.get<Registry<SessionActor>>(Registry).all();
    socket = (session!.connection as unknown as { readonly socket: EdgeSocket }).socket;
  });
  afterEach(() => gateway.stop());

  const kept = () => {
    const { _receiver, _events } = socket as unknown as { _receiver: { _mask: unknown }; _events: unknown };
    return { mask: _receiver._mask, events: _events };
  };
  const NOTHING = { mask: undefined, events: undefined };

  test('keeps nothing of what came last, be it a message or a pong', async () => {
    expect(kept()).toEqual(NOTHING);
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong' });
    expect(kept()).toEqual(NOTHING);
    const ponged = jest.spyOn(socket, 'emit');
    socket.ping();
    await eventually(() => expect(ponged).toHaveBeenCalledWith('pong', expect.anything()));
    expect(kept()).toEqual(NOTHING);
  });

  /** Masked with 1, 2, 3, 4. */
  const masked = (first: number, text: string): Buffer => {
    const payload = Buffer.from(text).map((byte, i) => byte ^ ((i % 4) + 1));
    return Buffer.concat([Buffer.from([first, 0x80 | payload.length, 1, 2, 3, 4]), payload]);
  };

  // Interleaving: half of a frame → a ping, which is answered → the other half, and the next frame cut within its mask.
  test('reads on as ever, where frames come in pieces and others between them', async () => {
    const [begin, ping, end] = [masked(0x01, '{"type":"pi'), masked(0x89, 'hi'), masked(0x80, 'ng"}')];
    const next = masked(0x81, '{"type":"ping","ref":1}');
    for (const bytes of [begin, ping, Buffer.concat([end, next.subarray(0, 4)]), next.subarray(4)])
      socket.raw.emit('data', bytes);
    expect([await client.next(), await client.next()]).toEqual([{ type: 'pong' }, { type: 'pong', ref: 1 }]);
  });

  test('can have listeners again', () => {
    const heard = jest.fn();
    socket.on('anything', heard);
    expect(socket.listenerCount('anything')).toBe(1);
    socket.off('anything', heard);
    expect(socket.eventNames()).toEqual([]);
  });
});
