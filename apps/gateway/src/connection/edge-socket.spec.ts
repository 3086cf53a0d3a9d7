import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import type { Connection } from './connection.js';
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
