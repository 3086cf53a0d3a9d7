import { connect as tcpConnect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ROUTER } from '#contract';
import { VirtualClock, WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { NOTHING, leftovers } from '../testing/leftovers.js';
import { Registry } from './registry.js';
import type { SessionActor } from './session.js';

const MIB = 1024 * 1024;

describe('a client that does not read', () => {
  let gateway: GatewayUnderTest;
  let clock: VirtualClock;
  const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    clock = new VirtualClock();
    gateway = await GatewayUnderTest.start({ clock, env });
  };
  afterEach(() => gateway.stop());

  /** Registers, then stops reading. */
  const deaf = async (userId: string): Promise<WireClient> => {
    const client = await WireClient.connect(gateway.url);
    expect(await client.register(userId)).toMatchObject({ type: 'registered' });
    client.socket.pause();
    return client;
  };
  const sessionOf = (userId: string): SessionActor => {
    const [session] = gateway.get<Registry<SessionActor>>(Registry).of(userId);
    if (!session) throw new Error(`${userId} has no session`);
    return session;
  };
  const numbers = (client: WireClient) => client.ofType('message').map((m) => Number(m['messageId']));
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

  test('is pushed no more than its bounds; when it reads again it has everything, in order', async () => {
    await start();
    const slow = await deaf('slow');
    const content = 'x'.repeat(64 * 1024);
    for (let n = 0; n < 400; n++) gateway.backend.deliver('slow', content);
    await eventually(() => expect(sessionOf('slow').connection.unsentBytes).toBeGreaterThan(0));
    await eventually(() => expect(sessionOf('slow').live).toBe(false));
    expect(sessionOf('slow').connection.unsentBytes).toBeLessThan(1.2 * MIB);
    const quick = await WireClient.connect(gateway.url);
    await quick.register('quick');
    gateway.backend.deliver('quick', 'not held up');
    expect(await quick.next()).toMatchObject({ content: 'not held up' });
    slow.socket.resume();
    await eventually(() => expect(numbers(slow)).toHaveLength(400), { timeoutMs: 20_000 });
    expect(numbers(slow)).toEqual(upTo(400));
    expect(sessionOf('slow').live).toBe(true);
    for (const client of [slow, quick]) client.terminate();
  });

  test('a backlog of 100,000 takes no more memory than a page', async () => {
    await start();
    const count = 100_000;
    gateway.backend.store('slow', ...Array.from({ length: count }, () => 'y'.repeat(100)));
    const slow = await deaf('slow');
    const most = { bytes: 0, reads: 0 };
    await eventually(
      () => {
        most.bytes = Math.max(most.bytes, sessionOf('slow').connection.unsentBytes);
        expect(most.bytes).toBeGreaterThan(0);
      },
      { timeoutMs: 60_000 },
    );
    most.reads = gateway.backend.count(ROUTER.read);
    slow.socket.resume();
    await eventually(
      () => {
        most.bytes = Math.max(most.bytes, sessionOf('slow').connection.unsentBytes);
        expect(slow.frames.length).toBe(count + 1);
      },
      { timeoutMs: 60_000, everyMs: 1 },
    );
    expect(numbers(slow)).toEqual(upTo(count));
    expect(most.bytes).toBeLessThan(MIB / 4);
    slow.terminate();
  }, 150_000);

  test('for 10 s is closed with 4001; what it missed was not acknowledged, and waits for it', async () => {
    await start();
    const slow = await deaf('slow');
    for (let n = 0; n < 400; n++) gateway.backend.deliver('slow', 'x'.repeat(64 * 1024));
    await eventually(() => expect(sessionOf('slow').connection.unsentBytes).toBeGreaterThan(0));
    clock.advance(9_999);
    expect(leftovers(gateway)).toMatchObject({ connections: 1 });
    clock.advance(1);
    await eventually(() => expect(leftovers(gateway)).toEqual(NOTHING));
    expect(gateway.stats()).toMatchObject({ closed: { 4001: 1 } });
    slow.socket.resume();
    await eventually(() => expect(slow.closed?.code).toBe(4001));
    const acknowledged = gateway.backend.acks.at(-1)?.messageId ?? 0;
    expect(acknowledged).toBeLessThanOrEqual(numbers(slow).length);
    const back = await WireClient.connect(gateway.url);
    await back.register('slow', { lastMessageId: acknowledged });
    await eventually(() => expect(numbers(back)).toHaveLength(400 - acknowledged));
    back.terminate();
  });

  test('but asks and asks is closed with 4001 once the answers alone exceed the bound', async () => {
    await start({ OUTBOUND_MAX_BYTES: '65536' });
    const { hostname, port } = new URL(gateway.url);
    const raw = await handshake(Number(port), hostname);
    raw.pause();
    const ping = masked(JSON.stringify({ type: 'ping', ref: 'r'.repeat(64) }));
    const many = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
    await eventually(
      () => {
        raw.write(many);
        expect(gateway.stats()).toMatchObject({ closed: { 4001: 1 } });
      },
      { timeoutMs: 20_000, everyMs: 5 },
    );
    expect(leftovers(gateway)).toEqual(NOTHING);
    raw.destroy();
  });

  test('and is told more than its mailbox holds meanwhile loses nothing', async () => {
    await start({ OUTBOUND_MAX_MESSAGES: '10' });
    const slow = await deaf('slow');
    const all = gateway.backend.store('slow', ...Array.from({ length: 3_000 }, () => 'z'.repeat(8_000)));
    for (const entry of all) gateway.backend.push('slow', [entry]);
    slow.socket.resume();
    await eventually(() => expect(numbers(slow)).toHaveLength(3_000), { timeoutMs: 50_000 });
    expect(numbers(slow)).toEqual(upTo(3_000));
    slow.terminate();
  });
});

function handshake(port: number, host: string): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = tcpConnect(port, host);
    socket.on('error', fail);
    socket.write(
      'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    socket.once('data', () => done(socket));
  });
}

/** A short client text frame with a mask of zeros. */
function masked(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}
