import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#testing';
import { leftovers } from '../testing/leftovers.js';
import { FAILED, FORBIDDEN, TOLERANCE_MS, TokenStage, closing, stays } from '../testing/token-stage.suite.js';

describe('a token that expires', () => {
  let stage: TokenStage;

  beforeEach(async () => {
    stage = await TokenStage.start();
  });
  afterEach(async () => stage.stop());

  test('closes the connection with 4003, tolerance and all, and leaves nothing behind', async () => {
    const client = await stage.registered({ exp: stage.in(60) });
    stage.clock.advance(60_000 + TOLERANCE_MS - 1);
    await stays(client);
    stage.clock.advance(1);
    await eventually(() => expect(client.closed).toEqual({ code: 4003, reason: 'token expired' }));
    await stage.nothingLeft();
  });

  test('before the client has registered closes as well', async () => {
    const client = await stage.connect(await stage.token({ exp: stage.in(1) }));
    stage.clock.advance(1_000 + TOLERANCE_MS);
    expect(await closing(client)).toBe(4003);
    await stage.nothingLeft();
  });

  test('is replaced by a fresh one on the live connection: by auth, by register', async () => {
    const client = await stage.registered({ exp: stage.in(60) });
    const [first] = client.frames;
    const fresh = (seconds: number) => stage.token({ exp: stage.in(seconds) });
    client.send({ type: 'auth', token: await fresh(120), ref: 1 });
    expect(await client.next()).toEqual({ ...first, ref: 1 });
    stage.clock.advance(60_000 + TOLERANCE_MS);
    await stays(client);
    expect(await client.register('alice', { token: await fresh(20), ref: 2 })).toEqual({ ...first, ref: 2 });
    stage.clock.advance(20_000);
    await stays(client);
    expect(leftovers(stage.gateway)).toMatchObject({ tokens: 1, users: 1 });
    stage.clock.advance(TOLERANCE_MS);
    expect(await closing(client)).toBe(4003);
  });

  test('may be replaced by one that expires sooner', async () => {
    const client = await stage.registered();
    client.send({ type: 'auth', token: await stage.token({ exp: stage.in(10) }) });
    expect(await client.next()).toMatchObject({ type: 'registered' });
    stage.clock.advance(10_000 + TOLERANCE_MS);
    expect(await closing(client)).toBe(4003);
  });

  test("is not replaced by another user's: that is refused, the connection stays, and ends when it would have", async () => {
    const client = await stage.registered({ exp: stage.in(60) });
    client.send({ type: 'auth', token: await stage.token({ sub: 'bob' }), ref: 1 });
    expect(await client.next()).toEqual({ ...FORBIDDEN, ref: 1 });
    await stays(client);
    stage.clock.advance(60_000 + TOLERANCE_MS);
    expect(await closing(client)).toBe(4003);
  });

  test('a bad one in its place closes with 4500', async () => {
    const client = await stage.registered();
    client.send({ type: 'auth', token: 'bad', ref: 1 });
    expect(await client.next()).toEqual({ ...FAILED, ref: 1 });
    expect(await closing(client)).toBe(4500);
    await stage.nothingLeft();
  });

  test('none in its place changes nothing', async () => {
    const client = await stage.registered();
    expect(await client.register('alice', { ref: 1 })).toMatchObject({ type: 'registered', ref: 1 });
  });

  test('one timer serves all of them', async () => {
    await stage.registered({ exp: stage.in(100) });
    await eventually(() => expect(leftovers(stage.gateway)).toMatchObject({ users: 1 }));
    const before = stage.clock.pending;
    for (const n of [50, 150, 200]) await stage.registered({ sub: `user-${n}`, exp: stage.in(n) });
    expect(stage.clock.pending).toBe(before);
  });
});
