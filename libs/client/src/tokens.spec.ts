import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock, eventually } from '#testing';
import { Stage, record } from '../spec/stage.js';
import { expiryOf } from './tokens.js';

let stage: Stage;

beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const tokenUntil = (ms: number, name = 't'): string =>
  `h.${Buffer.from(JSON.stringify({ exp: ms / 1_000, name })).toString('base64url')}.s`;

test('a token says when it expires, or does not', () => {
  expect(expiryOf(tokenUntil(5_000))).toBe(5_000);
  for (const token of ['', 'opaque', 'a.b.c', 'h.e30.s']) expect(expiryOf(token)).toBeUndefined();
});

describe('tokens', () => {
  test('go with each registration, a new one each time', async () => {
    const alice = stage.client();
    let made = 0;
    const registered = alice.register('alice', { token: () => `token-${++made}` });
    const connection = await stage.peer.connection();
    const command = await connection.next('register');
    expect(command).toMatchObject({ userId: 'alice', token: 'token-1' });
    connection.registered(command);
    await registered;
    connection.close(4003, 'token expired');
    const again = await stage.peer.connection();
    const second = await again.next('register');
    expect(second).toMatchObject({ token: 'token-2' });
    again.registered(second);
    await eventually(() => expect(alice.phase).toBe('live'));
  });

  test('are renewed on the live connection before they expire', async () => {
    const clock = new VirtualClock();
    const alice = stage.client({ clock });
    const lives = [600_000, 100_000];
    const token = async (): Promise<string> => tokenUntil(clock.now() + (lives.shift() ?? 1e12));
    const registered = alice.register('alice', { token });
    const connection = await stage.peer.connection();
    connection.registered(await connection.next('register'), { heartbeat: { intervalMs: 1e9, timeoutMs: 3e9 } });
    await registered;
    clock.advance(539_999);
    expect(lives).toHaveLength(1);
    clock.advance(1);
    expect(await connection.next('auth')).toMatchObject({ token: expect.any(String) });
    // Of a life of 100 s the last fifth.
    clock.advance(79_999);
    expect(lives).toHaveLength(0);
    clock.advance(1);
    await connection.next('auth');
    await alice.close();
    expect(clock.pending).toBe(0);
  });

  test('that cannot be had are tried for again', async () => {
    const alice = stage.client();
    const lost = record(alice, 'reconnecting');
    let attempts = 0;
    const token = (): Promise<string> => (++attempts < 3 ? Promise.reject(new Error('away')) : Promise.resolve('good'));
    const registered = alice.register('alice', { token });
    for (let n = 0; n < 2; n++) await (await stage.peer.connection()).closed;
    const connection = await stage.peer.connection();
    connection.registered(await connection.next('register'));
    await registered;
    expect(lost).toMatchObject([{ reason: 'no token: Error: away' }, { reason: 'no token: Error: away' }]);
  });
});

describe('a gateway that refuses the upgrade', () => {
  test('is left alone for as long as it says, and then some', async () => {
    const clock = new VirtualClock();
    const alice = stage.client({ clock, random: () => 0.5, backoff: { baseMs: 100, maxMs: 100 } });
    const lost = record(alice, 'reconnecting');
    stage.peer.refuse(1);
    const registered = alice.register('alice');
    await eventually(() => expect(lost).toHaveLength(1));
    expect(lost).toMatchObject([{ delayMs: 2_050, reason: 'the upgrade was refused: HTTP 503' }]);
    clock.advance(2_049);
    expect(alice.phase).toBe('waiting');
    clock.advance(1);
    await stage.back();
    await registered;
  });

  test('is one of several: the next is tried at once', async () => {
    const other = await Stage.open();
    stage.peer.refuse(1);
    const alice = stage.client({ backoff: { baseMs: 1, maxMs: 1 }, random: () => 0 });
    await alice.close();
    const { connect } = await import('../index.js');
    const bob = connect([stage.peer.url, other.peer.url], { backoff: { baseMs: 1, maxMs: 1 }, random: () => 0 });
    const registered = bob.register('bob');
    await other.back();
    await registered;
    expect([stage.peer.refused, stage.peer.count, other.peer.count]).toEqual([1, 0, 1]);
    await bob.close();
    await other.close();
  });
});
