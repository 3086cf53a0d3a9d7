import { connect as tcpConnect, type Socket } from 'node:net';
import type { JWTPayload } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PRESENCE, ROUTER } from '#contract';
import { eventually } from '#testing';
import { Admission } from '../connection/admission.js';
import { KeyServer, issue, issuedKey, type IssuedKey } from '../testing/key-server.js';
import { leftovers } from '../testing/leftovers.js';
import { FAILED, TOLERANCE_MS, TokenStage, closing, stays } from '../testing/token-stage.suite.js';
import { refusedUpgrade } from '../testing/upgrade.js';

/** The key server answers when the test says so: tokens are under verification for as long as it likes. */
describe('while a token is looked at', () => {
  let key: IssuedKey;
  let server: KeyServer;
  let stage: TokenStage;

  beforeAll(async () => {
    key = await issuedKey('one');
  });
  beforeEach(async () => {
    server = await KeyServer.start(key);
    server.holding = true;
    stage = await TokenStage.start({ JWT_JWKS_URL: server.url, MAX_CONNECTIONS: '2' });
    await verifying();
  });
  afterEach(async () => {
    server.release();
    await stage.stop();
    await server.goAway();
  });

  const token = (claims: JWTPayload = {}): Promise<string> => issue(key, stage.claims(claims));
  const verifying = () => eventually(() => expect(server.held).toBe(1));

  test('the connection closes: nothing is granted, nothing is registered', async () => {
    const client = await stage.connect();
    client.send({ type: 'auth', token: await token() });
    client.send({ type: 'ping' });
    await eventually(() => expect(stage.gateway.stats()).toMatchObject({ queues: { mailboxes: 1 } }));
    await client.close();
    await eventually(() => expect(leftovers(stage.gateway)).toMatchObject({ connections: 0 }));
    server.release();
    await eventually(() => expect(stage.gateway.stats()).toMatchObject({ authentications: { accepted: 1 } }));
    await stage.nothingLeft();
    expect(stage.gateway.backend.asked).toEqual([]);
  });

  test('the time to authenticate runs: 4002', async () => {
    const client = await stage.connect();
    client.send({ type: 'auth', token: await token() });
    client.send({ type: 'ping' });
    await eventually(() => expect(stage.gateway.stats()).toMatchObject({ queues: { mailboxes: 1 } }));
    stage.clock.advance(10_000);
    expect(await closing(client)).toBe(4002);
    server.release();
    await stage.nothingLeft();
  });

  test('what comes behind it waits: two at once, and their order is kept', async () => {
    const client = await stage.connect();
    client.send({ type: 'auth', token: await token(), ref: 1 });
    client.send({ type: 'auth', token: await token({ exp: stage.in(1_200) }), ref: 2 });
    client.send({ type: 'message', to: 'bob', content: 'x', ref: 3 });
    client.send({ type: 'auth', token: 'bad', ref: 4 });
    client.send({ type: 'ping', ref: 5 });
    server.release();
    await eventually(() => expect(client.closed?.code).toBe(4500));
    expect(client.frames.slice(0, 2)).toMatchObject([
      { type: 'registered', ref: 1 },
      { type: 'registered', ref: 2 },
    ]);
    expect(client.frames.at(-1)).toEqual({ ...FAILED, ref: 4 });
    expect(stage.gateway.backend.count(PRESENCE.register)).toBe(1);
    expect(stage.gateway.backend.count(ROUTER.send)).toBe(1);
    await stage.nothingLeft();
  });

  test('it expires: it is refused', async () => {
    const client = await stage.connect();
    client.send({ type: 'auth', token: await token({ exp: stage.in(1) }), ref: 1 });
    client.send({ type: 'ping' });
    await eventually(() => expect(stage.gateway.stats()).toMatchObject({ queues: { mailboxes: 1 } }));
    stage.clock.advance(1_000 + TOLERANCE_MS);
    server.release();
    expect(await client.next()).toEqual({ ...FAILED, ref: 1 });
    expect(await closing(client)).toBe(4500);
    await stage.nothingLeft();
  });

  // Interleaving: the token holds → presence is asked → the token expires → presence answers.
  test('or a little later, while its bearer is registered, it expires: 4003, and the registration is taken back', async () => {
    const { backend } = stage.gateway;
    backend.hold(PRESENCE.register);
    const client = await stage.connect();
    client.send({ type: 'auth', token: await token({ exp: stage.in(1) }) });
    server.release();
    await eventually(() => expect(backend.waiting(PRESENCE.register)).toBe(1));
    stage.clock.advance(1_000 + TOLERANCE_MS);
    expect(await closing(client)).toBe(4003);
    backend.release(PRESENCE.register);
    await stage.nothingLeft();
    expect(backend.count(PRESENCE.remove)).toBeGreaterThan(0);
  });

  // Interleaving: a fresh token is under verification → the old one expires: the fresh one came too late.
  test('to replace one that expires meanwhile: 4003, and nothing is left', async () => {
    server.release();
    const client = await stage.connect();
    client.send({ type: 'auth', token: await token({ exp: stage.in(60) }) });
    expect(await client.next()).toMatchObject({ type: 'registered' });
    server.holding = true;
    const rotated = await issuedKey('two');
    server.keys = [key.jwk, rotated.jwk];
    client.send({ type: 'auth', token: await issue(rotated, stage.claims()) });
    await verifying();
    stage.clock.advance(60_000 + TOLERANCE_MS);
    expect(await closing(client)).toBe(4003);
    server.release();
    await stage.nothingLeft();
  });

  test('the issuer goes away: nobody is to blame, the connection stays, and comes in once the keys are there', async () => {
    const client = await stage.connect();
    client.send({ type: 'auth', token: await token(), ref: 1 });
    await server.goAway();
    expect(await client.next()).toEqual({
      type: 'error',
      error: 'Temporarily unavailable',
      code: 'WS_UNAVAILABLE',
      ref: 1,
      retryAfterMs: 10_000,
    });
    await stays(client);
    const answer = await refusedUpgrade(stage.gateway.url, { Authorization: `Bearer ${await token()}` });
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '10']);
    server.holding = false;
    await server.comeBack();
    stage.clock.advance(9_999);
    await stays(client);
    const other = await stage.connect();
    stage.clock.advance(1);
    other.send({ type: 'auth', token: await token() });
    expect(await other.next()).toMatchObject({ type: 'registered' });
  });

  describe('at the upgrade', () => {
    /** A handshake by hand. */
    const dial = (bearer: string): Socket => {
      const { hostname, port } = new URL(stage.gateway.url);
      const socket = tcpConnect(Number(port), hostname);
      socket.write(
        'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
          `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer ${bearer}\r\n\r\n`,
      );
      return socket;
    };
    /** So many upgrades more have come to the gateway, and wait. */
    const upgrading = (count = 1): Promise<void> =>
      new Promise((done) => {
        let come = 0;
        stage.gateway.app.getHttpServer().on('upgrade', () => ++come === count && done());
      });

    test('the client hangs up, in order or not: nothing is left', async () => {
      const bearer = await token();
      const sockets = [dial(bearer), dial(bearer)];
      const there = () => eventually(async () => expect(await connections()).toBe(2));
      const connections = (): Promise<number> =>
        new Promise((done, fail) =>
          stage.gateway.app.getHttpServer().getConnections((error, count) => (error ? fail(error) : done(count))),
        );
      await there();
      sockets[0]!.resetAndDestroy();
      sockets[1]!.end();
      await eventually(async () => expect(await connections()).toBe(1));
      server.release();
      await eventually(() => expect(stage.gateway.stats()).toMatchObject({ authentications: { accepted: 2 } }));
      await eventually(async () => expect(await connections()).toBe(0));
      await stage.nothingLeft();
    });

    test('the drain begins: 503', async () => {
      const answer = refusedUpgrade(stage.gateway.url, { Authorization: `Bearer ${await token()}` });
      await upgrading();
      stage.gateway.get(Admission).draining = true;
      server.release();
      expect((await answer).statusCode).toBe(503);
      expect(stage.gateway.stats()).toMatchObject({ authentications: { accepted: 1 } });
      expect(leftovers(stage.gateway)).toMatchObject({ connections: 0, tokens: 0 });
    });

    // Interleaving: an upgrade waits → another comes → both tokens hold: only one of them has a place.
    test('it has its place: who comes after it finds the gateway full', async () => {
      await stage.connect();
      const bearer = await token();
      const [first, second] = [dial(bearer), dial(bearer)];
      const heard = ['', ''];
      first.on('data', (chunk: Buffer) => (heard[0] += chunk.toString('latin1')));
      second.on('data', (chunk: Buffer) => (heard[1] += chunk.toString('latin1')));
      await upgrading(2);
      server.release();
      await eventually(() => expect(heard.map((text) => text.slice(9, 12)).sort()).toEqual(['101', '503']));
      expect(stage.gateway.stats()).toMatchObject({ connections: 2, refused: { 503: 1 } });
      for (const socket of [first, second]) socket.destroy();
    });

    test('frames that the client sends already wait for it', async () => {
      const socket = dial(await token());
      let heard = '';
      socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
      const ping = '{"type":"ping"}';
      // Masked with zeros.
      socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | ping.length, 0, 0, 0, 0]), Buffer.from(ping)]));
      await upgrading();
      expect(heard).toBe('');
      server.release();
      await eventually(() => expect(heard).toMatch(/^HTTP\/1\.1 101 [^]*\{"type":"pong"\}$/));
      socket.destroy();
    });
  });
});
