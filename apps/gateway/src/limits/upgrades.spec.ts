import { connect as tcpConnect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Metrics, Readiness } from '#service';
import { VirtualClock, WireClient, eventually } from '#testing';
import { Admission } from '../connection/admission.js';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { KeyServer, issuedKey, issue } from '../testing/key-server.js';
import { refusedUpgrade } from '../testing/upgrade.js';
import { Addresses } from './addresses.js';
import { Overload } from './overload.js';

const PROXIED = { TRUSTED_PROXIES: 'loopback', MAX_CONNECTIONS_PER_ADDRESS: '2', MAX_UPGRADES_PER_SECOND: '0' };
const from = (address: string): { readonly headers: Record<string, string> } => ({
  headers: { 'X-Forwarded-For': address },
});

describe('upgrades', () => {
  let gateway: GatewayUnderTest;
  const clients: { terminate(): void }[] = [];
  const start = async (env: Readonly<Record<string, string>>, clock?: VirtualClock): Promise<void> => {
    gateway = await GatewayUnderTest.start({ env, ...(clock && { clock }) });
  };
  afterEach(async () => {
    for (const client of clients.splice(0)) client.terminate();
    await eventually(() => expect(counted()).toEqual([0, 0]));
    await gateway.stop();
  });

  const counted = (): number[] => [gateway.get(Addresses).sockets, gateway.get(Addresses).size];
  const connect = async (options: Parameters<typeof WireClient.connect>[1] = {}): Promise<WireClient> => {
    const client = await WireClient.connect(gateway.url, options);
    clients.push(client);
    return client;
  };
  const refused = async (headers: Record<string, string> = {}): Promise<readonly unknown[]> => {
    const { statusCode, headers: answer } = await refusedUpgrade(gateway.url, headers);
    return [statusCode, answer['retry-after']];
  };
  const raw = async (lines: readonly string[]): Promise<Socket> => {
    const { port, hostname } = new URL(gateway.url);
    const socket = tcpConnect(Number(port), hostname);
    clients.push({ terminate: () => socket.destroy() });
    socket.on('error', () => undefined);
    await new Promise<void>((done) => socket.once('connect', done));
    socket.write(
      `${['GET /ws HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', ...lines].join('\r\n')}\r\n\r\n`,
    );
    return socket;
  };

  describe('from one address', () => {
    test('are so many; the next is 429 until one leaves; another address is another', async () => {
      await start(PROXIED);
      const [first] = [await connect(from('203.0.113.7')), await connect(from('203.0.113.7'))];
      expect(await refused(from('203.0.113.7').headers)).toEqual([429, '5']);
      await connect(from('203.0.113.8'));
      expect(counted()).toEqual([3, 2]);
      expect(gateway.stats()).toMatchObject({
        addresses: 2,
        refused: { 429: 1 },
        limited: { 'too many connections from this address': 1 },
      });
      expect(await gateway.get(Metrics).metrics()).toContain(
        'switchboard_gateway_limited_total{reason="too many connections from this address"} 1',
      );
      await first.close();
      await eventually(() => connect(from('203.0.113.7')));
    });

    test('count by /64 in IPv6, where a client has as many addresses as it likes', async () => {
      await start(PROXIED);
      await connect(from('2001:db8:1:2::1'));
      await connect(from('2001:db8:1:2:ffff::2'));
      expect(await refused(from('2001:db8:1:2:3::4').headers)).toEqual([429, '5']);
      await connect(from('2001:db8:1:3::1'));
    });

    test('is theirs whatever they say, where nobody is trusted', async () => {
      await start({ ...PROXIED, TRUSTED_PROXIES: '192.0.2.1' });
      await connect(from('203.0.113.1'));
      await connect(from('203.0.113.2'));
      expect(await refused(from('203.0.113.3').headers)).toEqual([429, '5']);
    });

    /** Interleaving: counted → the handshake itself is refused (a bad key, a bad version) → its socket closes. */
    test('that are no handshake after all give their place back', async () => {
      await start(PROXIED);
      for (let n = 0; n < 5; n++) {
        const socket = await raw([
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: short',
          'X-Forwarded-For: 203.0.113.7',
        ]);
        await new Promise((done) => socket.once('close', done).resume());
        await eventually(() => expect(counted()).toEqual([0, 0]));
      }
      await connect(from('203.0.113.7'));
    });

    /** Interleaving: counted → its token is being looked at → the client is cut off → the keys come. */
    test('that end while their token is looked at give their place back, once', async () => {
      const key = await issuedKey('k');
      const keys = await KeyServer.start(key);
      keys.holding = true;
      await start({ ...PROXIED, AUTH_MODE: 'jwt', JWT_JWKS_URL: keys.url });
      const token = await issue(key, { sub: 'alice', exp: Math.floor(Date.now() / 1_000) + 60 });
      const lines = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
      const sockets = await Promise.all(
        [1, 2].map(() => raw([...lines, `Authorization: Bearer ${token}`, 'X-Forwarded-For: 203.0.113.7'])),
      );
      await eventually(() => expect(counted()).toEqual([2, 1]));
      expect(await refused(from('203.0.113.7').headers)).toEqual([429, '5']);
      for (const socket of sockets) socket.resetAndDestroy();
      await eventually(() => expect(counted()).toEqual([0, 0]));
      keys.release();
      await connect(from('203.0.113.7'));
      expect(counted()).toEqual([1, 1]);
      await keys.goAway();
    });
  });

  test('are so many a second, five seconds’ worth at once; then 503 says when; it passes', async () => {
    const clock = new VirtualClock();
    await start({ MAX_UPGRADES_PER_SECOND: '2' }, clock);
    for (let n = 0; n < 10; n++) await connect();
    expect(await refused()).toEqual([503, '1']);
    expect(gateway.stats()).toMatchObject({ refused: { 503: 1 }, limited: { 'too many upgrades': 1 } });
    clock.advance(500);
    await connect();
    expect(await refused()).toEqual([503, '1']);
  });

  test('are judged in order: path, origin, draining, full, overload, pace, address; only what gets in is counted', async () => {
    const env = {
      ...PROXIED,
      ALLOWED_ORIGINS: 'https://chat.example',
      MAX_CONNECTIONS: '1',
      MAX_UPGRADES_PER_SECOND: '1',
    };
    await start({ ...env, MAX_CONNECTIONS_PER_ADDRESS: '1' }, new VirtualClock());
    await connect();
    const status = async (path: string, headers: Record<string, string>): Promise<number | undefined> =>
      (await refusedUpgrade(gateway.url.replace('/ws', path), headers)).statusCode;
    expect(await status('/other', { Origin: 'https://evil.example' })).toBe(404);
    expect(await status('/ws', { Origin: 'https://evil.example' })).toBe(403);
    expect(await status('/ws', {})).toBe(503);
    gateway.get(Admission).draining = true;
    expect(await status('/ws', {})).toBe(503);
    expect(gateway.stats()['limited']).toEqual({ 'not found': 1, 'origin not allowed': 1, full: 1, draining: 1 });
    expect(counted()).toEqual([1, 1]);
  });

  test('to a gateway whose event loop is late again and again are 503 until it has recovered; those inside are served', async () => {
    await start({ OVERLOAD_LAG_MS: '30' });
    const inside = await connect();
    const overload = gateway.get(Overload);
    const busy = { still: true };
    const loop = async (): Promise<void> => {
      while (busy.still) {
        const until = performance.now() + 150;
        while (performance.now() < until) Math.random();
        await new Promise((done) => setImmediate(done));
      }
    };
    const working = loop();
    await eventually(() => expect(overload.active).toBe(true), { timeoutMs: 20_000 });
    expect(await refused()).toEqual([503, '5']);
    inside.send({ type: 'ping' });
    expect(await inside.next()).toEqual({ type: 'pong' });
    expect(gateway.stats()).toMatchObject({ load: { overloaded: true, times: 1 }, limited: { overloaded: 1 } });
    expect(() => gateway.get(Readiness).checks.get('load')?.()).toThrow(/the event loop is \d+ ms late/);
    busy.still = false;
    await working;
    await eventually(() => expect(overload.active).toBe(false), { timeoutMs: 20_000 });
    expect(gateway.get(Readiness).checks.get('load')?.()).toBe(true);
    await connect();
  });

  test('to a gateway whose memory is short are 503', async () => {
    await start({ OVERLOAD_MEMORY_PERCENT: '1' });
    await eventually(() => expect(gateway.get(Overload).active).toBe(true));
    expect(await refused()).toEqual([503, '5']);
  });
});
