import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { pack } from 'msgpackr';
import { WebSocket } from 'ws';
import { AppProcess, RedisServer, WireClient, eventually, freePort, type AppName, type Frame } from '#testing';
import { Marks } from './marks.js';

const withRedis = RedisServer.available && RedisServer.own ? describe : describe.skip;

/*
 * Whatever happens to them, secrets and what people write to each other are never printed, not even at `trace`. What is printed is
 * searched for the marks that each of them carries; that a search finds what is printed is shown by what must be there.
 */
withRedis('logs at trace', () => {
  const marks = new Marks();
  const secrets = {
    jwt: marks.of('JWT_SECRET'),
    apiKey: marks.of('API_KEY'),
    redis: marks.of('the password in REDIS_URL'),
  };
  const apps: AppProcess[] = [];
  let redis: RedisServer;
  let open: AppProcess;
  let closed: AppProcess;
  let router: AppProcess;

  const start = async (app: AppName, id: string, env: Readonly<Record<string, string>>): Promise<AppProcess> => {
    const url = new URL(redis.url);
    url.username = 'switchboard';
    url.password = secrets.redis;
    const own = { INSTANCE_ID: id, REDIS_URL: url.href.replace(/\/$/, ''), LOG_LEVEL: 'trace' };
    const started = AppProcess.spawn(app, await freePort(), { ...own, ...env }).keepAll();
    apps.push(started);
    return started.ready();
  };

  const output = (): string => apps.map((app) => app.log).join('\n');

  const token = async (what: string, subject: string, secret = secrets.jwt): Promise<string> =>
    new SignJWT({ sub: subject, note: marks.of(`${what}, a claim`) })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(secret));

  beforeAll(async () => {
    redis = await RedisServer.start();
    await redis.withClient((client) =>
      client.call('ACL', 'SETUSER', 'switchboard', 'on', `>${secrets.redis}`, '~*', '&*', '+@all'),
    );
    await start('presence', 'presence-01', {});
    router = await start('router', 'router-01', { API_KEY: secrets.apiKey });
    open = await start('gateway', 'gateway-01', { AUTH_MODE: 'none' });
    closed = await start('gateway', 'gateway-02', { AUTH_MODE: 'jwt', JWT_SECRET: secrets.jwt });
  }, 60_000);
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.kill()));
    await redis.stop();
  });

  const connect = async (app: AppProcess, headers: Readonly<Record<string, string>> = {}): Promise<WireClient> =>
    WireClient.connect(`ws://127.0.0.1:${app.port}/ws?secret=${marks.of('a query')}`, { headers });

  const api = async (method: string, path: string, body?: unknown, key = secrets.apiKey): Promise<number> => {
    const headers = { Authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return (await fetch(router.url(path), { method, headers, ...(body === undefined ? {} : { body: text }) })).status;
  };

  test('name users and connections: what is printed is found', async () => {
    const alice = await connect(open);
    const user = `user-${Date.now()}`;
    await alice.register(user);
    await eventually(() => expect(output()).toContain(user));
    await alice.close();
    const found = new Marks();
    const mark = found.of('text');
    const bytes = Buffer.from(mark);
    for (const printed of [
      mark,
      JSON.stringify(bytes),
      bytes.toString('hex'),
      bytes.toString('base64'),
      [...bytes].join(', '),
    ])
      expect(found.foundIn(`before ${printed} after`)).toEqual(['text']);
  });

  test('have no token, whether it holds or not, wherever it came', async () => {
    const good = await token('a good token', 'carol');
    const signature = marks.of('a bad signature');
    const carol = await connect(closed, { Authorization: `Bearer ${good}` });
    carol.send({ type: 'ping', ref: 'in' });
    await eventually(() => expect(carol.frames.length).toBeGreaterThan(0));
    carol.send({ type: 'auth', token: await token('a fresh token', 'carol') });
    carol.send({ type: 'auth', token: await token("another user's token", 'dave') });
    const bad = [
      `${good.split('.').slice(0, 2).join('.')}.${signature}`,
      marks.of('no token at all'),
      await token('a token of another key', 'carol', marks.of('another key')),
    ];
    for (const each of bad) {
      await expect(connect(closed, { Authorization: `Bearer ${each}` })).rejects.toThrow('401');
      const client = await connect(closed);
      client.send({ type: 'auth', token: each, ref: 1 });
      await eventually(() => expect(client.closed?.code).toBe(4500));
    }
    const trusting = await connect(open, {
      Authorization: `Bearer ${marks.of('a token that nobody reads')}`,
      Cookie: marks.of('a cookie'),
    });
    expect(await trusting.register('erin', { token: marks.of('a token in register') })).toMatchObject({
      type: 'registered',
    });
    for (const text of [good, ...bad]) expect(output()).not.toContain(text);
  });

  test('have no API key, nor what it is used for', async () => {
    const content = marks.of('content by the API');
    expect(await api('POST', '/api/messages', { from: 'ops', to: 'bob', content, id: 'a1' })).toBe(201);
    expect(await api('POST', '/api/broadcast', { from: 'ops', content: marks.of('a broadcast') })).toBeLessThan(300);
    expect(
      await api('POST', '/api/messages', { from: 'ops', to: 7, content: { text: marks.of('refused by the API') } }),
    ).toBe(400);
    expect(await api('POST', '/api/messages', `{"content":"${marks.of('no JSON to the API')}`)).toBe(400);
    expect(await api('GET', '/api/users/bob/messages', undefined, marks.of('a wrong API key'))).toBe(401);
    expect(await api('GET', '/api/users/bob/messages')).toBe(200);
  });

  test('have no content: of messages in both codecs, of refused frames, of frames that are none', async () => {
    const [alice, bob] = [await connect(open), await connect(open)];
    await Promise.all([alice.register('alice'), bob.register('bob')]);
    await api('PUT', '/api/conversations/team/members/alice');
    const frames: (Frame | string)[] = [
      { type: 'message', to: 'bob', content: marks.of('content'), id: 'm1', ref: 1 },
      { type: 'message', to: 'bob', content: marks.of('ephemeral content'), ephemeral: true },
      { type: 'message', conversation: 'team', content: marks.of('content of a conversation'), ref: 2 },
      { type: 'message', conversation: 'not a member', content: marks.of('content for strangers'), ref: 3 },
      { type: 'message', to: 'bob', content: [marks.of('content of the wrong type')] },
      { type: 'message', to: `${marks.of('a recipient that is none')}\n`, content: marks.of('content to nobody') },
      { type: marks.of('an unknown type'), content: marks.of('content of an unknown type') },
      { type: 'register', userId: { name: marks.of('a user id that is none') } },
      `{"type":"message","to":"bob","content":"${marks.of('a frame cut short')}`,
      marks.of('a frame that is no JSON'),
    ];
    for (const frame of frames) alice.send(frame);
    alice.socket.send(Buffer.from(marks.of('a frame of the wrong kind')));
    await eventually(() => expect(alice.ofType('error').length).toBeGreaterThanOrEqual(7));
    await eventually(() => expect(bob.ofType('message').length).toBeGreaterThanOrEqual(2));
    alice.socket.close(4_321, marks.of('a reason for closing'));

    const packed = new WebSocket(`ws://127.0.0.1:${open.port}/ws`, 'switchboard.msgpack');
    const answers: Buffer[] = [];
    packed.on('message', (data: Buffer) => answers.push(data));
    await new Promise((done) => packed.once('open', done));
    const send = (type: number, payload: object): void => packed.send(pack({ type, seq: 1, payload: pack(payload) }));
    send(1, { user_id: 'frank', token: marks.of('a token in MessagePack') });
    send(2, { to: 'bob', type: 'text', content: marks.of('content in MessagePack'), id: 'm2' });
    send(2, { to: 'bob', type: 'text', content: { text: marks.of('a map for content in MessagePack') } });
    packed.send(Buffer.concat([Buffer.from([0xc1]), Buffer.from(marks.of('no MessagePack'))]));
    await eventually(() => expect(answers.length).toBeGreaterThanOrEqual(4));
    packed.close();
  });

  test('have none of it when the engine refuses, loses its memory, or dies', async () => {
    const alice = await connect(open);
    await alice.register('alice');
    const sendAndSee = async (what: string): Promise<void> => {
      const before = alice.ofType('error').length;
      await eventually(
        async () => {
          alice.send({ type: 'message', to: 'bob', content: marks.of(what), ref: what });
          await eventually(() => expect(alice.ofType('error').length).toBeGreaterThan(before), { timeoutMs: 2_000 });
        },
        { timeoutMs: 30_000 },
      );
    };
    const config = (...args: string[]) => redis.withClient((client) => client.call('CONFIG', 'SET', ...args));
    await config('maxmemory', '1');
    await sendAndSee('content without memory');
    expect(
      await api('POST', '/api/messages', { from: 'ops', to: 'bob', content: marks.of('API without memory') }),
    ).toBe(503);
    await config('maxmemory', '0');
    await redis.withClient((client) => client.set('inbox:{bob}:log', 'not what it should be'));
    for (const key of await redis.withClient((client) => client.keys('*bob*')))
      await redis.withClient((client) => client.set(key, 'no longer what it was'));
    await sendAndSee('content for a broken log');
    await redis.withClient((client) => client.call('SCRIPT', 'FLUSH'));
    await redis.kill();
    await sendAndSee('content without an engine');
    expect(
      await api('POST', '/api/messages', { from: 'ops', to: 'bob', content: marks.of('API without an engine') }),
    ).toBe(503);
    // Back without the user that the apps log in as: their password is refused.
    await redis.restart();
    await eventually(() => expect(output()).toMatch(/WRONGPASS|NOAUTH/), { timeoutMs: 20_000 });
  }, 120_000);

  test('have none of it when all is done', async () => {
    await Promise.all(apps.map((app) => app.terminate()));
    expect(output()).toContain('"level":"debug"');
    expect(marks.foundIn(output())).toEqual([]);
  }, 60_000);
});
