import { once } from 'node:events';
import { connect, createServer, Socket, type AddressInfo, type Server } from 'node:net';
import { connect as tlsConnect, createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, test } from '@jest/globals';
import { testCertificate } from '#testing';
import { peerAddressOf } from './handle.js';

describe('whom a socket is connected to', () => {
  let server: Server;
  let client: Socket;
  afterEach(() => {
    client?.destroy();
    server?.close();
  });

  /** The server's end of a connection. */
  const accepted = async (made: Server, event: string, open: (port: number) => Socket): Promise<Socket> => {
    server = made.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connection = once(server, event) as Promise<[Socket]>;
    client = open((server.address() as AddressInfo).port);
    return (await connection)[0];
  };

  test('is what it says itself, and is not kept', async () => {
    const socket = await accepted(createServer(), 'connection', (port) => connect(port, '127.0.0.1'));
    expect(peerAddressOf(socket)).toBe('127.0.0.1');
    expect(socket).not.toHaveProperty('_peername.address');
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  });

  test('over TLS too', async () => {
    const secure = createTlsServer(await testCertificate('edge'));
    const socket = await accepted(secure, 'secureConnection', (port) =>
      tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false }),
    );
    expect(peerAddressOf(socket)).toBe('127.0.0.1');
    socket.destroy();
  });

  test('nobody, where there is no connection', () => {
    expect(peerAddressOf(new Socket())).toBeUndefined();
  });
});
