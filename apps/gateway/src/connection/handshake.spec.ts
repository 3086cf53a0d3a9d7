import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fcOptions } from '#testing';
import { readHandshake } from './handshake.js';

const PLAIN = ['Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
const request = (lines: readonly string[], first = 'GET /ws HTTP/1.1'): Buffer =>
  Buffer.from(`${[first, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');

describe('a handshake', () => {
  test('is read with its path and its headers, whose names are in lower case', () => {
    expect(
      readHandshake(request([...PLAIN, 'Cookie: \t a=1; b=2 \t', 'X-Empty:'], 'GET /ws?token=x HTTP/1.1')),
    ).toEqual({
      url: '/ws?token=x',
      headers: {
        host: 'x',
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        cookie: 'a=1; b=2',
        'x-empty': '',
      },
    });
  });

  test('is one where the connection is to be kept alive besides, as Firefox says', () => {
    expect(readHandshake(request(['Host: x', 'Connection: keep-alive, Upgrade', 'Upgrade: websocket']))).toBeDefined();
  });

  test.each([
    ['a part of one', request(PLAIN).subarray(0, -1)],
    ['one with something behind it', Buffer.concat([request(PLAIN), Buffer.from([0x81])])],
    ['one with an end behind it', Buffer.concat([request(PLAIN), Buffer.from('\r\n\r\n')])],
    ['one that is long', request([...PLAIN, `Cookie: ${'x'.repeat(8_192)}`])],
    ['one with a header that comes twice', request([...PLAIN, 'host: y'])],
    ['one with a header that every object has', request([...PLAIN, '__proto__: y'])],
    ['one with a header that goes on in the next line', request([...PLAIN, 'A: b', ' c'])],
    ['one with a space before a colon', request([...PLAIN, 'A : b'])],
    ['one with a line feed alone', request([...PLAIN, 'A: b\nC: d'])],
    ['one with a control character', request([...PLAIN, 'A: \0'])],
    ['one that is not ASCII', request([...PLAIN, 'A: é'])],
    ['one with a body', request([...PLAIN, 'Content-Length: 1'])],
    ['one with a body in chunks', request([...PLAIN, 'Transfer-Encoding: chunked'])],
    ['one that waits for an answer first', request([...PLAIN, 'Expect: 100-continue'])],
    ['one that upgrades to nothing', request(['Host: x', 'Connection: Upgrade', 'Upgrade:'])],
    ['one that upgrades to something else', request(['Host: x', 'Connection: Upgrade', 'Upgrade: h2c'])],
    ['a plain request', request(['Host: x'])],
    ['another method', request(PLAIN, 'POST /ws HTTP/1.1')],
    ['another HTTP', request(PLAIN, 'GET /ws HTTP/1.0')],
    ['a whole address', request(PLAIN, 'GET http://x/ws HTTP/1.1')],
    ['a path with what belongs to none', request(PLAIN, 'GET /ws#x HTTP/1.1')],
    ['nothing', Buffer.alloc(0)],
  ])('%s is left to Node', (_, bytes) => {
    expect(readHandshake(bytes)).toBeUndefined();
  });
});

/** What Node makes of the bytes: an upgrade, or undefined for all else. */
interface Upgraded {
  readonly url: string | undefined;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
  readonly behind: number;
}

describe('beside Node’s own parser', () => {
  let server: Server;
  let upgraded: Upgraded | undefined;
  beforeAll(async () => {
    server = createServer((_, response) => response.end());
    server.on('upgrade', ({ url, httpVersion, headers }, socket, head) => {
      upgraded = { url, httpVersion, headers: { ...headers }, behind: head.length };
      socket.end('done');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  afterAll(() => new Promise((done) => server.close(done)));

  const byNode = (bytes: Buffer): Promise<Upgraded | undefined> =>
    new Promise((done) => {
      upgraded = undefined;
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => socket.end(bytes));
      socket.resume().on('error', () => undefined);
      socket.on('close', () => done(upgraded));
    });

  const rarely = <T>(usual: T, ...odd: readonly T[]): fc.Arbitrary<T> =>
    fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
  const name = fc.oneof(
    fc.constantFrom('Origin', 'Cookie', 'X-Forwarded-For', 'Host', 'Upgrade', 'Connection', 'Content-Length'),
    fc.constantFrom('Transfer-Encoding', 'Expect', 'Set-Cookie', '__proto__', 'constructor', 'A B', '', 'Ä', 'A\0'),
    fc.string({ minLength: 1, maxLength: 6 }),
  );
  const value = fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      'a',
      '\ta ',
      'a\tb',
      'é',
      '\0',
      '\x7f',
      'a\r\n b',
      'a\nB: c',
      '0',
      '1',
      'chunked',
      'close',
    ),
    fc.constantFrom('upgrade', 'keep-alive, Upgrade', 'close, upgrade', 'websocket', 'h2c', '100-continue'),
    fc.string({ maxLength: 12 }),
  );
  const line = fc.tuple(name, rarely(':', ' :', ''), value).map((parts) => parts.join(''));
  const bytes = fc
    .record({
      method: rarely('GET', 'get', 'POST', 'OPTIONS', ' GET'),
      path: fc.oneof(
        fc.constant('/ws'),
        fc.constantFrom('/ws?a=b', '/%41', '*', 'http://x/', '/ws#a', '/"', '/é', '//', ''),
      ),
      version: rarely('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 '),
      host: rarely('Host: x', 'Host:', 'X: y'),
      connection: rarely('Connection: Upgrade', 'Connection: keep-alive, Upgrade', 'Connection: close', 'X: y'),
      upgrade: rarely('Upgrade: websocket', 'Upgrade: h2c', 'Upgrade:', 'X: y'),
      more: fc.array(line, { maxLength: 2 }),
      newline: rarely('\r\n', '\n', '\r'),
      end: rarely('\r\n\r\n', '\n\n', '\r\n', '\r\n\r\n\r\n\r\n', '\r\n\r\nGET'),
    })
    .map(({ method, path, version, host, connection, upgrade, more, newline, end }) => {
      const lines = [`${method} ${path} ${version}`, host, connection, upgrade, ...more];
      return Buffer.from(lines.join(newline) + end, 'latin1');
    });

  test('whatever is read here Node reads, and reads the same', async () => {
    let [read, left] = [0, 0];
    await fc.assert(
      fc.asyncProperty(bytes, async (made) => {
        const handshake = readHandshake(made);
        if (!handshake) return void left++;
        read++;
        expect(await byNode(made)).toEqual({ ...handshake, httpVersion: '1.1', behind: 0 });
      }),
      fcOptions({ numRuns: 1_000 }),
    );
    expect(Math.min(read, left)).toBeGreaterThan(100);
  });
});
