import { once } from 'node:events';
import { Socket, type AddressInfo, type Server } from 'node:net';
import { connect as tlsConnect, createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually, socketPair, testCertificate } from '#testing';
import { readByStream, readToListeners } from './direct-reads.js';

describe('what a socket reads', () => {
  let server: Server | undefined;
  const sockets: Socket[] = [];

  /** A connection's two ends: who reads, and who writes. */
  const connected = async (): Promise<[Socket, Socket]> => {
    const pair = await socketPair();
    sockets.push(...pair);
    return pair;
  };
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    const closed = server && once(server, 'close');
    server?.close();
    await closed;
    server = undefined;
  });

  /** All that its listeners were given, one item each. */
  const listen = (socket: Socket): Buffer[] => {
    const got: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => got.push(bytes));
    return got;
  };
  /** As the gateway leaves a socket until somebody takes it. */
  const byStream = (socket: Socket): void => {
    socket.removeAllListeners('data');
    readByStream(socket);
    Object.assign(socket, { readableFlowing: null });
  };
  const text = (got: readonly Buffer[]): string => Buffer.concat(got).toString();

  test('goes to listeners past the stream, each time a copy of its own', async () => {
    const [[one, toOne], [other, toOther]] = [await connected(), await connected()];
    const got: Buffer[] = [];
    const take = function (this: Socket, bytes: Buffer): void {
      expect([one, other]).toContain(this);
      got.push(bytes);
    };
    expect([readToListeners(one), readToListeners(other)]).toEqual([true, true]);
    for (const socket of [one, other]) socket.on('data', take);
    toOne.write('first');
    await eventually(() => expect(text(got)).toBe('first'));
    toOther.write('other');
    await eventually(() => expect(text(got)).toBe('firstother'));
    expect([one.readableLength, one.bytesRead]).toEqual([0, 5]);
  });

  test('ends as ever, after all that came before', async () => {
    const [socket, client] = await connected();
    const got: string[] = [];
    readToListeners(socket);
    socket.on('data', (bytes: Buffer) => got.push(bytes.toString()));
    socket.on('end', () => got.push('end')).on('close', () => got.push('close'));
    client.end('last words');
    await eventually(() => expect(got.at(-1)).toBe('close'));
    expect([got.slice(0, -2).join(''), got.at(-2)]).toEqual(['last words', 'end']);
  });

  test('can be the stream’s again, where it waits until somebody reads', async () => {
    const [socket, client] = await connected();
    readToListeners(socket);
    const early = listen(socket);
    client.write('early');
    await eventually(() => expect(text(early)).toBe('early'));
    byStream(socket);
    client.write('waiting');
    await eventually(() => expect(socket.readableLength).toBe(7));
    const got = listen(socket);
    client.write(', then read');
    await eventually(() => expect(text(got)).toBe('waiting, then read'));
  });

  test('is read no further than the stream’s limit while nobody reads', async () => {
    const [socket, client] = await connected();
    readToListeners(socket);
    byStream(socket);
    const sent = Buffer.alloc(8_000_000, 'abcdefghij');
    client.write(sent);
    await eventually(() => expect(socket.readableLength).toBeGreaterThanOrEqual(socket.readableHighWaterMark));
    expect(socket.readableLength).toBeLessThanOrEqual(socket.readableHighWaterMark + 65_536);
    const got = listen(socket);
    await eventually(() => expect(got.reduce((sum, { length }) => sum + length, 0)).toBe(sent.length));
    expect(Buffer.concat(got).equals(sent)).toBe(true);
  });

  test('goes to listeners, whole and in order however often they pause', async () => {
    const [socket, client] = await connected();
    readToListeners(socket);
    const got: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => {
      expect(socket.isPaused()).toBe(false);
      got.push(bytes);
      socket.pause();
      setImmediate(() => socket.resume());
    });
    const sent = Buffer.alloc(3_000_000, '0123456789a');
    client.end(sent);
    await once(socket, 'end');
    expect(Buffer.concat(got).equals(sent)).toBe(true);
    expect(got.length).toBeGreaterThan(3_000_000 / 65_536);
  });

  test('goes by the stream where something waits in it already, and nothing overtakes that', async () => {
    const [socket, client] = await connected();
    client.write('early');
    await eventually(() => expect(socket.readableLength).toBe(5));
    expect(readToListeners(socket)).toBe(false);
    const got = listen(socket);
    client.write(', late');
    await eventually(() => expect(text(got)).toBe('early, late'));
  });

  test('goes by the stream over TLS', async () => {
    const tls = createTlsServer(await testCertificate('edge')).listen(0, '127.0.0.1');
    server = tls;
    await once(tls, 'listening');
    const secured = once(tls, 'secureConnection') as Promise<[Socket]>;
    const client = tlsConnect({
      port: (tls.address() as AddressInfo).port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
    });
    const [socket] = await secured;
    sockets.push(socket, client);
    expect(readToListeners(socket)).toBe(false);
    const got = listen(socket);
    client.write('secret');
    await eventually(() => expect(text(got)).toBe('secret'));
  });

  test('is not to be had of a socket that has no connection', () => {
    expect(readToListeners(new Socket())).toBe(false);
  });
});
