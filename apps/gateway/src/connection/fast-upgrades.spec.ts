import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect as tcpConnect, type AddressInfo, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, describe, expect, test } from '@jest/globals';
import { VirtualClock, eventually, testCertificate } from '#testing';
import { upgradeFast } from './fast-upgrades.js';

const HANDSHAKE = 'GET /ws?a=b HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const PLAIN = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n';
/** As apps/gateway/src/connection/fast-upgrades.ts. */
const SILENT_MS = 1_000;

/** An upgrade, as the server has told of it. */
interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: string;
}

describe('connections of a server that upgrades fast', () => {
  const clock = new VirtualClock();
  let server: Server;
  let upgrades: Upgrade[] = [];
  const clients: Socket[] = [];

  const start = async (made: Server): Promise<void> => {
    server = made;
    upgradeFast(server, clock);
    server.on('request', (_, response) => response.end('plain'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  };
  const startUpgrading = async (made: Server = createServer()): Promise<void> => {
    made.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      upgrades.push({ request, socket, head: head.toString() });
    });
    await start(made);
  };
  afterEach(async () => {
    const closed = new Promise((done) => server.close(done));
    for (const client of clients.splice(0)) client.destroy();
    for (const { socket } of upgrades.splice(0)) socket.destroy();
    await closed;
  });

  /** Everything that a client gets, and the client. */
  const connect = async (tls = false): Promise<{ readonly socket: Socket; readonly got: () => string }> => {
    const { port } = server.address() as AddressInfo;
    const socket = tls
      ? tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : tcpConnect(port, '127.0.0.1');
    clients.push(socket);
    await new Promise((done, fail) => socket.once(tls ? 'secureConnect' : 'connect', done).once('error', fail));
    let got = '';
    socket.on('data', (bytes) => (got += bytes.toString())).on('error', () => undefined);
    return { socket, got: () => got };
  };
  const upgraded = (): Promise<Upgrade> => eventually(() => upgrades[0] ?? Promise.reject(new Error('no upgrade')));
  /** The server has the connection; it has said nothing. */
  const silent = async (): Promise<Awaited<ReturnType<typeof connect>>> => {
    const client = await connect();
    await eventually(() => expect(clock.pending).toBe(1));
    return client;
  };

  test.each([
    ['', () => Promise.resolve(createServer()), false],
    [' with TLS', async () => createTlsServer(await testCertificate('edge')), true],
  ])('are upgraded by a handshake%s, unread: what comes before somebody reads is not lost', async (_, made, tls) => {
    await startUpgrading(await made());
    const { socket: client, got } = await connect(tls);
    client.write(HANDSHAKE);
    const { request, socket, head } = await upgraded();
    expect([request.method, request.url, request.httpVersion, head]).toEqual(['GET', '/ws?a=b', '1.1', '']);
    expect(request.headers).toEqual({ host: 'x', connection: 'Upgrade', upgrade: 'websocket' });
    expect(request.socket).toBe(socket);
    expect([socket.listenerCount('data'), socket.readableFlowing]).toEqual([0, null]);

    client.write('early');
    await eventually(() => expect(socket.readableLength).toBe(5));
    socket.on('data', (bytes: Buffer) => socket.write(bytes));
    client.write(', late');
    await eventually(() => expect(got()).toBe('early, late'));
  });

  test('are Node’s where the handshake comes in pieces', async () => {
    await startUpgrading();
    const { socket } = await connect();
    socket.write(HANDSHAKE.slice(0, 20));
    await eventually(() => expect(clock.pending).toBe(0));
    socket.write(HANDSHAKE.slice(20));
    expect((await upgraded()).request.url).toBe('/ws?a=b');
  });

  test('are Node’s where something is right behind the handshake', async () => {
    await startUpgrading();
    const { socket } = await connect();
    socket.write(`${HANDSHAKE}early`);
    expect((await upgraded()).head).toBe('early');
  });

  test('are Node’s for all else: requests one after the other, and what is none', async () => {
    await startUpgrading();
    const [good, bad] = [await connect(), await connect()];
    good.socket.write(PLAIN);
    await eventually(() => expect(good.got()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*plain$/));
    good.socket.write(PLAIN);
    await eventually(() => expect(good.got()).toMatch(/plain[^]*plain$/));
    bad.socket.write('nonsense\r\n\r\n');
    await eventually(() => expect(bad.got()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/));
  });

  test('are Node’s where nobody is there for upgrades', async () => {
    await start(createServer());
    const { socket, got } = await connect();
    socket.write(HANDSHAKE);
    await eventually(() => expect(got()).toMatch(/^HTTP\/1\.1 200 OK\r\n/));
  });

  test('that say nothing are Node’s after a while, which bounds them', async () => {
    const impatient: ServerOptions = { headersTimeout: 20, connectionsCheckingInterval: 20 };
    await startUpgrading(createServer(impatient));
    const { socket, got } = await silent();
    clock.advance(SILENT_MS);
    await eventually(() => expect(got()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/));
    await eventually(() => expect(socket.closed).toBe(true));
  });

  test('may say something after it', async () => {
    await startUpgrading();
    const { socket } = await silent();
    clock.advance(SILENT_MS);
    socket.write(HANDSHAKE);
    expect((await upgraded()).request.url).toBe('/ws?a=b');
  });

  test.each([
    ['end', (client: Socket) => client.end()],
    ['are reset', (client: Socket) => client.resetAndDestroy()],
  ])('that %s before they say anything are gone', async (_, leave) => {
    await startUpgrading();
    const { socket } = await silent();
    leave(socket);
    await eventually(() => expect(connections(server)).resolves.toBe(0));
    clock.advance(SILENT_MS);
    expect(upgrades).toEqual([]);
  });

  test('leave no timer behind when the server has closed', async () => {
    await startUpgrading();
    const { socket } = await silent();
    socket.destroy();
    await new Promise((done) => server.close(done));
    expect(clock.pending).toBe(0);
  });
});

const connections = (server: Server): Promise<number> =>
  new Promise((done, fail) => server.getConnections((error, count) => (error ? fail(error) : done(count))));
