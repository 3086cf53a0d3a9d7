import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as tcpConnect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { NOTHING, leftovers } from '../testing/leftovers.js';
import { Admission } from './admission.js';
import { Registry } from './registry.js';
import type { SessionActor } from './session.js';

/** As MAX_BAD_FRAMES has it. */
const STRIKES_MAX = 20;

describe('the edge', () => {
  let gateway: GatewayUnderTest;
  const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    gateway = await GatewayUnderTest.start({ env });
  };
  const connect = (options: Parameters<typeof WireClient.connect>[1] = {}) => WireClient.connect(gateway.url, options);
  afterEach(() => gateway.stop());

  /** The HTTP answer to an upgrade that is refused. */
  const refused = (path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> =>
    new Promise((done, fail) => {
      const { hostname, port } = new URL(gateway.url);
      const upgrade = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      };
      const request = httpRequest({ hostname, port, path, headers: { ...upgrade, ...headers } }, done);
      request.on('upgrade', () => fail(new Error('was let in'))).on('error', fail);
      request.end();
    });

  describe('upgrades', () => {
    test('another path is 404, a page that is not allowed 403, both counted', async () => {
      await start({ ALLOWED_ORIGINS: 'https://chat.example.org' });
      expect((await refused('/')).statusCode).toBe(404);
      expect((await refused('/ws/more')).statusCode).toBe(404);
      expect((await refused('/ws', { Origin: 'https://evil.example' })).statusCode).toBe(403);
      const page = await connect({ origin: 'https://chat.example.org' });
      await page.register('alice');
      await page.close();
      expect(gateway.stats()).toMatchObject({ refused: { 404: 2, 403: 1 } });
    });

    test('a full gateway answers 503 with Retry-After until somebody leaves', async () => {
      await start({ MAX_CONNECTIONS: '1' });
      const first = await connect();
      const answer = await refused('/ws');
      expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5']);
      await first.close();
      const second = await eventually(() => connect());
      await second.close();
    });

    test('so does one that is draining', async () => {
      await start();
      gateway.get(Admission).draining = true;
      const answer = await refused('/ws?token=x');
      expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1']);
    });

    test('what is no WebSocket is told so, and plain requests of the path are not found', async () => {
      await start();
      expect((await refused('/ws', { 'Sec-WebSocket-Key': 'short' })).statusCode).toBe(400);
      expect((await fetch(gateway.url.replace('ws:', 'http:'))).status).toBe(404);
    });

    test('the first subprotocol that is known is chosen', async () => {
      await start();
      const client = await connect({ protocols: ['other', 'switchboard.json'] });
      expect(client.socket.protocol).toBe('switchboard.json');
      expect(await client.register('alice')).toMatchObject({ type: 'registered' });
      await client.close();
    });
  });

  describe('frames', () => {
    test.each([
      ['{nope', 'Invalid message format'],
      ['[]', 'Invalid message format'],
      ['null', 'Invalid message format'],
      ['{}', 'Unknown message type'],
      ['{"type":"dance"}', 'Unknown message type'],
      ['{"type":"constructor"}', 'Unknown message type'],
    ])('%s is answered, and the connection stays', async (frame, error) => {
      await start();
      const client = await connect();
      client.send(frame);
      expect(await client.next()).toEqual({ type: 'error', code: 'WS_INVALID_MESSAGE', error });
      client.send({ type: 'ping' });
      expect(await client.next()).toEqual({ type: 'pong' });
      await client.close();
    });

    test('of the other kind are answered in their place, and the connection stays', async () => {
      await start();
      const client = await connect();
      client.send({ type: 'ping', ref: 1 });
      client.socket.send(Buffer.from('{"type":"ping"}'));
      client.send({ type: 'ping', ref: 2 });
      await eventually(() => expect(client.frames).toHaveLength(3));
      expect(client.frames).toEqual([
        { type: 'pong', ref: 1 },
        { type: 'error', code: 'WS_INVALID_MESSAGE', error: 'Invalid message format' },
        { type: 'pong', ref: 2 },
      ]);
      await client.close();
    });

    test('20 bad ones close with 4504, each of them answered', async () => {
      await start();
      const [bad, good] = [await connect(), await connect()];
      await good.register('good');
      for (let i = 0; i < STRIKES_MAX - 1; i++) bad.send(i % 2 ? '{"type":"register"}' : '{');
      bad.send({ type: 'ping' });
      await eventually(() => expect(bad.ofType('pong')).toHaveLength(1));
      bad.send('{');
      await eventually(() => expect(bad.closed).toEqual({ code: 4504, reason: 'too many bad frames' }));
      expect(bad.ofType('error')).toHaveLength(STRIKES_MAX);
      good.send({ type: 'ping' });
      expect(await good.next()).toEqual({ type: 'pong' });
      expect(gateway.stats()).toMatchObject({ closed: { 4504: 1 }, connections: 1 });
      await good.close();
    });

    test('a flood of bad ones does not hold back its own close', async () => {
      await start();
      const bad = await connect();
      const [session] = gateway.get<Registry<SessionActor>>(Registry).all();
      for (let i = 0; i < 2_000; i++) bad.send('{');
      await eventually(() => expect(bad.closed?.code).toBe(4504));
      expect(session!.connection.flow.paused).toBe(false);
      expect(bad.ofType('error')).toHaveLength(STRIKES_MAX);
    });

    test('too long a one closes with 1009', async () => {
      await start({ MAX_MESSAGE_BYTES: '1024' });
      const client = await connect();
      await client.register('alice');
      client.send({ type: 'message', to: 'bob', content: 'x'.repeat(1_000) });
      await eventually(() => expect(client.closed?.code).toBe(1009));
      await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
      expect(gateway.stats()).toMatchObject({ closed: { 1009: 1 } });
    });

    test('bytes that are no frames close that connection alone', async () => {
      await start();
      const good = await connect();
      const { hostname, port } = new URL(gateway.url);
      const raw = await upgraded(Number(port), hostname);
      raw.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
      await new Promise((done) => raw.once('close', done));
      good.send({ type: 'ping' });
      expect(await good.next()).toEqual({ type: 'pong' });
      expect(gateway.stats()).toMatchObject({ closed: { 1002: 1 }, connections: 1 });
      await good.close();
    });
  });

  test('a socket that is cut, or closed, leaves nothing behind', async () => {
    await start();
    const [cut, closed] = [await connect(), await connect()];
    await Promise.all([cut.register('alice'), closed.register('alice')]);
    expect(leftovers(gateway)).toMatchObject({ connections: 2, users: 1, actors: 2, present: 2 });
    cut.terminate();
    await closed.close();
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
    expect(gateway.stats()).toMatchObject({ closed: { 1000: 1, 1006: 1 } });
  });
});

/** A raw socket behind the handshake. */
function upgraded(port: number, host: string): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = tcpConnect(port, host);
    socket.once('error', fail);
    socket.write(
      'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    socket.once('data', () => {
      socket.on('data', () => undefined);
      done(socket);
    });
  });
}
