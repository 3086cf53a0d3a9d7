import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SignJWT, type JWTPayload } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { AppProcess, Cluster, RedisServer, WireClient, eventually, freePort } from '#testing';
import { KeyServer, issue, issuedKey, type IssuedKey } from '../../apps/gateway/src/testing/key-server.js';
import { refusedUpgrade } from '../../apps/gateway/src/testing/upgrade.js';

const SECRET = 'a secret of at least thirty-two bytes';
const CLI = resolve('apps/cli/bin/switchboard.mjs');
const FAILED = { type: 'error', code: 'WS_AUTH_FAILED', error: 'Authentication failed' };

const withRedis = RedisServer.available ? describe : describe.skip;

withRedis('gateways that ask for tokens, as processes', () => {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let directory: string;
  let cluster: Cluster;
  let keyServer: KeyServer;
  let one: IssuedKey;
  let two: IssuedKey;
  /** Every token that was used: none may be in a log. */
  const tokens: string[] = [];
  const clients: WireClient[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'switchboard-auth-'));
    const file = join(directory, 'key.pem');
    await writeFile(file, pem.publicKey.export({ type: 'spki', format: 'pem' }));
    [one, two] = await Promise.all([issuedKey('one'), issuedKey('two')]);
    keyServer = await KeyServer.start(one);
    cluster = await Cluster.start();
    const jwt = { AUTH_MODE: 'jwt', JWT_AUDIENCE: 'chat', JWT_CLOCK_TOLERANCE_MS: '0', LOG_LEVEL: 'trace' };
    await Promise.all([
      cluster.spawn('presence', 'presence-01'),
      cluster.spawn('router', 'router-01'),
      cluster.spawn('gateway', 'hs256', { ...jwt, JWT_SECRET: SECRET }),
      cluster.spawn('gateway', 'es256', { ...jwt, JWT_PUBLIC_KEY_FILE: file }),
      cluster.spawn('gateway', 'jwks', { ...jwt, JWT_JWKS_URL: keyServer.url }),
    ]);
    for (const gateway of ['hs256', 'es256', 'jwks']) cluster.app(gateway).keepAll();
  }, 60_000);

  afterEach(() => {
    for (const client of clients.splice(0)) client.terminate();
  });

  afterAll(async () => {
    await cluster?.stop();
    await keyServer?.goAway();
    await rm(directory, { recursive: true, force: true });
  });

  const claimsOf = (sub: string, more: JWTPayload = {}): JWTPayload => ({
    sub,
    aud: 'chat',
    exp: Date.now() / 1_000 + 600,
    ...more,
  });
  const noted = async (token: Promise<string>): Promise<string> => {
    tokens.push(await token);
    return token;
  };
  const hs256 = (sub: string, more?: JWTPayload): Promise<string> =>
    noted(new SignJWT(claimsOf(sub, more)).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET)));
  const es256 = (sub: string, more?: JWTPayload): Promise<string> =>
    noted(new SignJWT(claimsOf(sub, more)).setProtectedHeader({ alg: 'ES256' }).sign(pem.privateKey));
  const urlOf = (gateway: string): string => cluster.app(gateway).url('/ws').replace('http', 'ws');
  const connect = async (gateway: string, bearer?: string): Promise<WireClient> => {
    const headers = bearer === undefined ? undefined : { Authorization: `Bearer ${bearer}` };
    const client = await WireClient.connect(urlOf(gateway), { headers });
    clients.push(client);
    return client;
  };
  const closing = (client: WireClient) => eventually(() => expect(client.closed).toBeDefined());

  test('let in who has a token, by upgrade, register or auth, whatever it is signed with', async () => {
    const alice = await connect('hs256', await hs256('alice'));
    expect(await alice.register('alice')).toMatchObject({ type: 'registered', userId: 'alice' });
    const bob = await connect('es256');
    expect(await bob.register('bob', { token: await es256('bob') })).toMatchObject({ type: 'registered' });
    const carol = await connect('jwks');
    carol.send({ type: 'auth', token: await noted(issue(one, claimsOf('carol'))) });
    expect(await carol.next()).toMatchObject({ type: 'registered', userId: 'carol' });
    alice.send({ type: 'message', to: 'bob', content: 'hello' });
    expect(await bob.next()).toMatchObject({ type: 'message', from: 'alice', content: 'hello' });
    bob.send({ type: 'message', to: 'carol', content: 'hello too' });
    expect(await carol.next()).toMatchObject({ type: 'message', from: 'bob' });
  });

  test('let nobody in who has none, a bad one, or one of another gateway', async () => {
    const wrong = [undefined, 'garbage', await es256('alice'), await hs256('alice', { aud: 'mail' })];
    for (const token of wrong) {
      const client = await connect('hs256');
      expect(await client.register('alice', { token })).toEqual(FAILED);
      await closing(client);
      expect(client.closed?.code).toBe(4500);
    }
    const answer = await refusedUpgrade(urlOf('es256'), { Authorization: `Bearer ${await hs256('alice')}` });
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
  });

  test('close with 4003 when it expires, unless a fresh one came before', async () => {
    const soon = Date.now() / 1_000 + 2;
    const [leaves, remains] = [await connect('hs256'), await connect('hs256')];
    await leaves.register('leaves', { token: await hs256('leaves', { exp: soon }) });
    await remains.register('remains', { token: await hs256('remains', { exp: soon }) });
    remains.send({ type: 'auth', token: await hs256('remains'), ref: 1 });
    expect(await remains.next()).toMatchObject({ type: 'registered', ref: 1 });
    await closing(leaves);
    expect(leaves.closed).toEqual({ code: 4003, reason: 'token expired' });
    remains.send({ type: 'ping' });
    expect(await remains.next()).toEqual({ type: 'pong' });
    const again = await connect('hs256');
    expect(await again.register('leaves', { token: await hs256('leaves') })).toMatchObject({ type: 'registered' });
  });

  test('make members of those whose token names a conversation', async () => {
    const [dave, erin, frank] = [await connect('hs256'), await connect('es256'), await connect('es256')];
    await dave.register('dave', { token: await hs256('dave', { conversations: ['room-*'] }) });
    await erin.register('erin', { token: await es256('erin', { conversations: ['room-1'] }) });
    await frank.register('frank', { token: await es256('frank', { conversations: ['room-2'] }) });
    erin.send({ type: 'subscribe', conversation: 'room-1' });
    expect(await erin.next()).toMatchObject({ type: 'subscribed', conversation: 'room-1' });
    dave.send({ type: 'message', conversation: 'room-1', content: 'hi', ref: 1 });
    expect(await dave.next()).toMatchObject({ type: 'accepted', messageId: 1 });
    expect(await erin.next()).toMatchObject({ type: 'message', conversation: 'room-1', from: 'dave' });
    for (const command of [
      { type: 'subscribe', conversation: 'room-1' },
      { type: 'message', conversation: 'room-1', content: 'x' },
    ]) {
      frank.send(command);
      expect(await frank.next()).toMatchObject({ type: 'error', code: 'WS_FORBIDDEN' });
    }
    dave.send({ type: 'conversations' });
    expect(await dave.next()).toMatchObject({ conversations: [{ conversation: 'room-1' }] });
  });

  test('pick up rotated keys, and go on with those they know while the issuer is away', async () => {
    const enter = async (key: IssuedKey, sub: string): Promise<WireClient> => {
      const client = await connect('jwks');
      client.send({ type: 'auth', token: await noted(issue(key, claimsOf(sub))) });
      return client;
    };
    const registered = { type: 'registered' };
    expect(await (await enter(one, 'grace')).next()).toMatchObject(registered);
    keyServer.keys = [one.jwk, two.jwk];
    expect(await (await enter(two, 'heidi')).next()).toMatchObject(registered);
    await keyServer.goAway();
    expect(await (await enter(one, 'ivan')).next()).toMatchObject(registered);
    expect(await (await enter(two, 'judy')).next()).toMatchObject(registered);
    const stranger = await enter(await issuedKey('three'), 'mallory');
    expect(await stranger.next()).toMatchObject({ type: 'error', code: 'WS_UNAVAILABLE' });
    stranger.send({ type: 'ping' });
    expect(await stranger.next()).toEqual({ type: 'pong' });
    await keyServer.comeBack();
  });

  test('take a token from the command line, as an option or from the environment', async () => {
    const send = (env: Readonly<Record<string, string>>, ...options: readonly string[]): Promise<number | null> =>
      new Promise((done) => {
        const args = [CLI, 'send', '--user', 'kim', '--to', 'leo', '--gateway', urlOf('hs256'), ...options, 'hello'];
        const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...env }, stdio: 'ignore' });
        child.once('exit', done);
      });
    const token = await hs256('kim');
    expect(await send({}, '--token', token)).toBe(0);
    expect(await send({ SWITCHBOARD_TOKEN: token })).toBe(0);
    expect(await send({})).toBe(1);
    const leo = await connect('es256');
    await leo.register('leo', { token: await es256('leo') });
    await eventually(() => expect(leo.ofType('message')).toHaveLength(2));
  });

  test('count what they have looked at, and log neither tokens nor keys', async () => {
    const metrics = await (await fetch(cluster.app('hs256').url('/metrics'))).text();
    expect(metrics).toMatch(/switchboard_gateway_authentications_total\{result="failed"\} [1-9]/);
    const logs = cluster.logs();
    expect(logs).toContain('not authenticated');
    const secrets = tokens.flatMap((token) => [token, ...token.split('.').slice(1)]).filter((part) => part.length > 20);
    expect(secrets.length).toBeGreaterThan(20);
    for (const secret of [...secrets, SECRET]) expect(logs).not.toContain(secret);
  });
});

describe('a gateway with a bad answer to who may come in does not start', () => {
  const BAD: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ['nobody asked', { AUTH_MODE: 'none', HOST: '0.0.0.0' }, 'AUTH_MODE=none is not allowed; allowed: none only on'],
    ['no key', { AUTH_MODE: 'jwt' }, 'jwt with exactly one of JWT_SECRET,'],
    ['a short secret', { AUTH_MODE: 'jwt', JWT_SECRET: 'hush' }, 'JWT_SECRET=(hidden) is not allowed; allowed: 32'],
    [
      'no key file',
      { AUTH_MODE: 'jwt', JWT_PUBLIC_KEY_FILE: '/nowhere/key.pem' },
      'JWT_PUBLIC_KEY_FILE=/nowhere/key.pem is not allowed; allowed: a file',
    ],
    [
      'no certificate',
      { AUTH_MODE: 'none', TLS_CERT_FILE: '/nowhere/tls.crt', TLS_KEY_FILE: '/nowhere/tls.key' },
      'TLS_CERT_FILE=/nowhere/tls.crt is not allowed; allowed: a file',
    ],
    ['half of TLS', { AUTH_MODE: 'none', TLS_CERT_FILE: '/nowhere/tls.crt' }, 'TLS_KEY_FILE is not set'],
  ];

  test.each(BAD)('%s', async (_, env, text) => {
    const app = AppProcess.spawn('gateway', await freePort(), env);
    expect(await app.exited()).toBe(1);
    await eventually(() => expect(app.log).toContain('switchboard gateway cannot start:'));
    expect(app.log).toContain(text);
    expect(app.log).not.toContain('hush');
  });
});
