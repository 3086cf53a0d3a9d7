import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Edge } from './edge.js';
import { KEY, acceptOf, freshKey, request, type Fields } from './raw-peer.js';

/** The opening handshake (RFC 6455 §4.2, PROTOCOL.md §1). */
describe('the opening handshake', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await Edge.start();
  });
  afterAll(async () => edge.stop());

  const answerTo = async (text: string) => (await edge.dial()).handshake(text);

  test('is answered as the example of RFC 6455 §1.3 is', async () => {
    expect(acceptOf(KEY)).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    const { status, headers } = await answerTo(request());
    expect(status).toBe(101);
    expect(headers.get('upgrade')?.toLowerCase()).toBe('websocket');
    expect(headers.get('connection')?.toLowerCase()).toBe('upgrade');
    expect(headers.get('sec-websocket-accept')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(headers.has('sec-websocket-protocol')).toBe(false);
    expect(headers.has('sec-websocket-extensions')).toBe(false);
  });

  test('is answered by the key that was sent', async () => {
    const key = freshKey();
    const { headers } = await answerTo(request({ 'Sec-WebSocket-Key': key }));
    expect(headers.get('sec-websocket-accept')).toBe(acceptOf(key));
  });

  test.each<[string, Fields]>([
    ['a Connection that lists more', { Connection: 'keep-alive, Upgrade' }],
    ['a Connection in capitals', { Connection: 'UPGRADE' }],
    ['an Upgrade in other letters', { Upgrade: 'WebSocket' }],
    ['field names in other letters', { 'Sec-WebSocket-Key': undefined, 'SEC-WEBSOCKET-KEY': KEY }],
    ['the draft version 8', { 'Sec-WebSocket-Version': '8' }],
    ['a query', {}],
  ])('is accepted with %s', async (name, fields) => {
    const line = name === 'a query' ? 'GET /ws?a=b HTTP/1.1' : undefined;
    expect((await answerTo(request(fields, line))).status).toBe(101);
  });

  test.each<[string, Fields, number]>([
    ['no key', { 'Sec-WebSocket-Key': undefined }, 400],
    ['an empty key', { 'Sec-WebSocket-Key': '' }, 400],
    ['a key that is too short', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZQ==' }, 400],
    ['a key that is too long', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZSBsb25nZXI=' }, 400],
    ['a key that is no base64', { 'Sec-WebSocket-Key': '*'.repeat(24) }, 400],
    ['no version', { 'Sec-WebSocket-Version': undefined }, 400],
    ['version 0', { 'Sec-WebSocket-Version': '0' }, 400],
    ['version 12', { 'Sec-WebSocket-Version': '12' }, 400],
    ['version 14', { 'Sec-WebSocket-Version': '14' }, 400],
    ['a version that is no number', { 'Sec-WebSocket-Version': 'x' }, 400],
    ['another protocol to upgrade to', { Upgrade: 'h2c' }, 400],
    ['a subprotocol list that is none', { 'Sec-WebSocket-Protocol': 'a,,b' }, 400],
    ['a subprotocol offered twice', { 'Sec-WebSocket-Protocol': 'a, a' }, 400],
  ])('is refused with %s', async (_, fields, status) => {
    const answer = await answerTo(request(fields));
    expect(answer.status).toBe(status);
    expect(answer.headers.get('connection')).toBe('close');
  });

  test('of another version is told which are spoken (§4.4)', async () => {
    const { headers } = await answerTo(request({ 'Sec-WebSocket-Version': '14' }));
    expect(headers.get('sec-websocket-version')).toContain('13');
  });

  test.each(['POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS'])('by %s is refused', async (method) => {
    expect((await answerTo(request({}, `${method} /ws HTTP/1.1`))).status).toBe(405);
  });

  test('on another path is not found', async () => {
    for (const path of ['/', '/ws/', '/WS', '/other', '/ws/../x'])
      expect((await answerTo(request({}, `GET ${path} HTTP/1.1`))).status).toBe(404);
  });

  test.each<[string, Fields]>([
    ['no Upgrade', { Upgrade: undefined }],
    ['no Connection', { Connection: undefined }],
    ['a Connection without Upgrade in it', { Connection: 'keep-alive' }],
  ])('with %s is a plain request: nothing is upgraded', async (_, fields) => {
    const { status } = await answerTo(request(fields));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  test('by HTTP/1.0 upgrades nothing', async () => {
    const peer = await edge.dial();
    const answer = await peer.handshake(request({}, 'GET /ws HTTP/1.0'));
    expect(answer.status).not.toBe(101);
  });

  test.each([
    ['no HTTP at all', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n'],
    ['a header line without a colon', 'GET /ws HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n'],
    ['more headers than anybody needs', request({ 'X-Long': 'x'.repeat(64 * 1024) })],
    ['no Host', request({ Host: undefined })],
  ])('with %s is answered with 4xx and closed', async (_, text) => {
    const peer = await edge.dial();
    const { status } = await peer.handshake(text);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    await peer.closed();
  });

  test('declines compression, however it is offered (Autobahn groups 12 and 13)', async () => {
    for (const offer of [
      'permessage-deflate',
      'permessage-deflate; client_max_window_bits; server_no_context_takeover',
      'permessage-deflate; server_max_window_bits=8, permessage-deflate',
      'x-webkit-deflate-frame',
      ';;;=,',
    ]) {
      const { status, headers } = await answerTo(request({ 'Sec-WebSocket-Extensions': offer }));
      expect(status).toBe(101);
      expect(headers.has('sec-websocket-extensions')).toBe(false);
    }
  });

  test('takes the first subprotocol that it knows, and none where it knows none', async () => {
    const chosen = async (offered: string) =>
      (await answerTo(request({ 'Sec-WebSocket-Protocol': offered }))).headers.get('sec-websocket-protocol');
    expect(await chosen('switchboard.json')).toBe('switchboard.json');
    expect(await chosen('mqtt, switchboard.json')).toBe('switchboard.json');
    expect(await chosen('mqtt')).toBeUndefined();
  });

  test('may be followed by frames in the same packet', async () => {
    const peer = await edge.dial();
    const ping = Buffer.from([0x89, 0x80, 1, 2, 3, 4]);
    peer.write(Buffer.concat([Buffer.from(request()), ping]));
    expect(await peer.next()).toMatchObject({ opcode: 10, fin: true, masked: false });
    expect(peer.answer?.status).toBe(101);
  });

  test('may come byte by byte', async () => {
    const peer = await edge.dial();
    peer.write(Buffer.from(request()), 1);
    expect((await peer.handshake('')).status).toBe(101);
  });
});
