import { pack, unpack } from 'msgpackr';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ROUTER } from '#contract';
import { Metrics } from '#service';
import { WireClient, eventually } from '#testing';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { leftovers } from '../testing/leftovers.js';
import { FAILED, FORBIDDEN, TokenStage, closing, stays } from '../testing/token-stage.suite.js';
import { refusedUpgrade } from '../testing/upgrade.js';

describe('a gateway that asks for tokens', () => {
  let stage: TokenStage;

  beforeEach(async () => {
    stage = await TokenStage.start();
  });
  afterEach(async () => stage.stop());

  describe('by a command', () => {
    test('register with a token of that user', async () => {
      const client = await stage.connect();
      const answer = await client.register('alice', { token: await stage.token(), ref: 1 });
      expect(answer).toMatchObject({ type: 'registered', userId: 'alice', ref: 1 });
      stage.gateway.backend.deliver('alice', 'here');
      expect(await client.next()).toMatchObject({ type: 'message', content: 'here' });
    });

    test('auth needs no user id; one that is there must be the same', async () => {
      const client = await stage.connect();
      for (const userId of ['bob', 'Alice']) {
        client.send({ type: 'auth', token: await stage.token(), userId, ref: userId });
        expect(await client.next()).toEqual({ ...FORBIDDEN, ref: userId });
      }
      client.send({
        type: 'auth',
        token: await stage.token(),
        userId: 'alice',
        device: 'phone',
        lastMessageId: 0,
        ref: 2,
      });
      expect(await client.next()).toMatchObject({ type: 'registered', userId: 'alice', ref: 2 });
      expect(stage.gateway.backend.asked[1]).toMatchObject({
        data: { userId: 'alice', device: 'phone', lastMessageId: 0 },
      });
    });

    test('the token of another user is refused, and the connection stays', async () => {
      const client = await stage.connect();
      expect(await client.register('bob', { token: await stage.token(), ref: 1 })).toEqual({ ...FORBIDDEN, ref: 1 });
      expect(leftovers(stage.gateway)).toMatchObject({ tokens: 0, users: 0 });
      expect(await client.register('bob', { token: await stage.token({ sub: 'bob' }) })).toMatchObject({
        userId: 'bob',
      });
    });

    test('other commands come after it', async () => {
      const client = await stage.connect();
      client.send({ type: 'message', to: 'bob', content: 'x' });
      expect(await client.next()).toMatchObject({ code: 'WS_NOT_AUTHENTICATED' });
      await stays(client);
    });

    const BAD: readonly (readonly [string, () => object | Promise<object>])[] = [
      ['register without a token', () => ({ type: 'register', userId: 'alice' })],
      ['register with null', () => ({ type: 'register', userId: 'alice', token: null })],
      ['auth without a token', () => ({ type: 'auth' })],
      ['an empty token', () => ({ type: 'auth', token: '' })],
      ['garbage', () => ({ type: 'auth', token: 'garbage' })],
      ['an expired token', async () => ({ type: 'auth', token: await stage.token({ exp: stage.in(-6) }) })],
      ['a token of tomorrow', async () => ({ type: 'auth', token: await stage.token({ nbf: stage.in(6) }) })],
      ['another audience', async () => ({ type: 'auth', token: await stage.token({ aud: 'mail' }) })],
      [
        'another key',
        async () => ({ type: 'auth', token: await stage.token({}, 'another secret of thirty-two bytes!!') }),
      ],
    ];
    test.each(BAD)('%s is answered and closes with 4500', async (_, make) => {
      const client = await stage.connect();
      client.send({ ...(await make()), ref: 7 });
      client.send({ type: 'ping' });
      expect(await client.next()).toEqual({ ...FAILED, ref: 7 });
      expect(await closing(client)).toBe(4500);
      expect(client.frames).toHaveLength(1);
      expect(stage.gateway.backend.asked).toEqual([]);
      await stage.nothingLeft();
    });

    test('what is no command of that kind costs nobody the connection', async () => {
      const client = await stage.connect();
      client.send({ type: 'auth', token: 7 });
      expect(await client.next()).toMatchObject({ code: 'WS_INVALID_PAYLOAD' });
      await stays(client);
    });

    test('a registration that fails for now is repeated without the token', async () => {
      const client = await stage.connect();
      stage.gateway.backend.refuse(ROUTER.open);
      expect(await client.register('alice', { token: await stage.token() })).toMatchObject({ code: 'WS_UNAVAILABLE' });
      stage.gateway.backend.accept(ROUTER.open);
      expect(await client.register('alice')).toMatchObject({ type: 'registered' });
    });
  });

  describe('by the upgrade', () => {
    test.each([{ type: 'register', userId: 'alice' }, { type: 'auth' }, { type: 'auth', userId: 'alice' }])(
      'a good one authenticates at once: %j needs no token',
      async (command) => {
        const client = await stage.connect(await stage.token());
        expect(leftovers(stage.gateway)).toMatchObject({ tokens: 1, users: 0 });
        client.send(command);
        expect(await client.next()).toMatchObject({ type: 'registered', userId: 'alice' });
        expect(stage.gateway.stats()).toMatchObject({ authentications: { accepted: 1 } });
        await client.close();
        await stage.nothingLeft();
      },
    );

    test('nobody else may then be registered, with a token neither', async () => {
      const client = await stage.connect(await stage.token());
      expect(await client.register('bob')).toEqual(FORBIDDEN);
      expect(await client.register('bob', { token: await stage.token({ sub: 'bob' }) })).toEqual(FORBIDDEN);
      client.send({ type: 'auth', token: await stage.token({ sub: 'bob' }) });
      expect(await client.next()).toEqual(FORBIDDEN);
      expect(await client.register('alice')).toMatchObject({ type: 'registered' });
    });

    test('a bad one is 401', async () => {
      const expired = await stage.token({ exp: stage.in(-6) });
      for (const Authorization of ['Bearer', 'Bearer x', `bearer ${expired}`, `Bearer ${await stage.token()} x`]) {
        const answer = await refusedUpgrade(stage.gateway.url, { Authorization });
        expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
      }
      expect(stage.gateway.stats()).toMatchObject({ refused: { 401: 4 }, authentications: { failed: 4 } });
      await stage.nothingLeft();
    });

    test('another scheme is none of ours', async () => {
      const client = await WireClient.connect(stage.gateway.url, { headers: { Authorization: 'Basic YTpi' } });
      expect(await client.register('alice', { token: await stage.token() })).toMatchObject({ type: 'registered' });
      client.terminate();
    });

    test('registering is still due in time', async () => {
      const client = await stage.connect(await stage.token());
      stage.clock.advance(10_000);
      expect(await closing(client)).toBe(4002);
      await stage.nothingLeft();
    });
  });

  test('counts authentications by result', async () => {
    const client = await stage.registered();
    client.send({ type: 'auth', token: await stage.token({ sub: 'bob' }) });
    await client.next();
    client.send({ type: 'auth', token: 'bad' });
    expect(await closing(client)).toBe(4500);
    expect(stage.gateway.stats()).toMatchObject({
      authentications: { accepted: 1, forbidden: 1, failed: 1 },
      tokens: 0,
    });
    const text = await stage.gateway.get(Metrics).metrics();
    expect(text).toContain('switchboard_gateway_authentications_total{result="forbidden"} 1');
    expect(text).toContain('switchboard_gateway_tokens 0');
  });

  test('in MessagePack: Auth is answered with AuthRsp, whether the token holds or not', async () => {
    const ask = async (payload: object): Promise<readonly [unknown, WebSocket]> => {
      const socket = new WebSocket(stage.gateway.url, ['switchboard.msgpack']);
      const answer = new Promise<Buffer>((done) => socket.once('message', done));
      await new Promise((done) => socket.once('open', done));
      socket.send(pack({ type: 1, seq: 7, payload: pack(payload) }));
      const { payload: inner, ...outer } = unpack(await answer) as { readonly payload: Buffer };
      return [{ ...outer, ...(unpack(inner) as object) }, socket];
    };
    const [good, socket] = await ask({ token: await stage.token({ sub: '42' }) });
    expect(good).toMatchObject({ type: 101, seq: 7, success: true, user_id: 42 });
    socket.terminate();
    const [bad, other] = await ask({ token: 'bad' });
    expect(bad).toMatchObject({ type: 101, seq: 7, success: false, error: 'Authentication failed' });
    await eventually(() => expect(other.readyState).toBe(WebSocket.CLOSED));
    expect(stage.gateway.stats()).toMatchObject({ closed: { 4500: 1 } });
  });

  test('a message is sent by whom the token says', async () => {
    const client = await stage.registered({ sub: 'carol' });
    client.send({ type: 'message', to: 'bob', content: 'x', from: 'mallory', ref: 1 });
    expect(await client.next()).toMatchObject({ type: 'accepted' });
    expect(stage.gateway.backend.asked.at(-1)).toMatchObject({ data: { from: 'carol' } });
  });
});

test('a gateway that asks for no tokens looks at none, and keeps none', async () => {
  const gateway = await GatewayUnderTest.start();
  const client = await WireClient.connect(gateway.url, { headers: { Authorization: 'Bearer x' } });
  expect(await client.register('alice', { token: 'x' })).toMatchObject({ type: 'registered' });
  expect(leftovers(gateway)).toMatchObject({ tokens: 0, users: 1 });
  client.terminate();
  await gateway.stop();
});
