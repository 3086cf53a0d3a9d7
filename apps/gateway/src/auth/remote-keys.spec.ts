import { generateKeyPairSync } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { SignJWT, exportJWK } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock, eventually } from '#testing';
import { KeyServer, issue, issuedKey, type IssuedKey } from '../testing/key-server.js';
import { RemoteKeys } from './remote-keys.js';
import { TokenVerifier } from './token-verifier.js';

const MAX_AGE_MS = 600_000;
const COOLDOWN_MS = 10_000;

describe('the keys of an issuer', () => {
  let clock: VirtualClock;
  let server: KeyServer;
  let one: IssuedKey;
  let two: IssuedKey;
  let errors: unknown[];
  let verifier: TokenVerifier;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    [one, two] = await Promise.all([issuedKey('one'), issuedKey('two')]);
  });
  beforeEach(async () => {
    clock = new VirtualClock(Date.now());
    errors = [];
    server = await KeyServer.start(one);
    verifier = makeVerifier();
  });
  afterEach(async () => server.goAway());

  const makeVerifier = (url = server.url, timeoutMs = 5_000): TokenVerifier => {
    const onError = (error: unknown): void => void errors.push(error);
    const keys = new RemoteKeys(url, { clock, maxAgeMs: MAX_AGE_MS, cooldownMs: COOLDOWN_MS, timeoutMs, onError });
    return new TokenVerifier(keys, { toleranceMs: 0 }, clock);
  };
  const claims = (sub = 'alice') => ({ sub, exp: clock.now() / 1_000 + 3_600 });
  const accepted = async (key: IssuedKey): Promise<void> => {
    expect(await verifier.verify(await issue(key, claims()))).toMatchObject({ userId: 'alice' });
  };
  const refused = async (key: IssuedKey): Promise<void> => {
    await expect(verifier.verify(await issue(key, claims()))).rejects.toMatchObject({ code: 'WS_AUTH_FAILED' });
  };
  const unavailable = async (key: IssuedKey): Promise<void> => {
    await expect(verifier.verify(await issue(key, claims()))).rejects.toMatchObject({
      code: 'WS_UNAVAILABLE',
      retryAfterMs: expect.any(Number),
    });
  };

  test('are asked for once, however many tokens come', async () => {
    await Promise.all(Array.from({ length: 50 }, () => accepted(one)));
    await accepted(one);
    expect(server.requests).toBe(1);
  });

  test('that rotate are picked up at once, and those that were known go on', async () => {
    await accepted(one);
    await refused(two);
    server.keys = [one.jwk, two.jwk];
    await accepted(two);
    await accepted(one);
    expect(server.requests).toBe(3);
  });

  test('that are taken out of the set count no longer, once the set is old', async () => {
    await accepted(one);
    server.keys = [two.jwk];
    await accepted(one);
    clock.advance(MAX_AGE_MS);
    await refused(one);
    await accepted(two);
  });

  test('go on working while the set is away, however old they are', async () => {
    await accepted(one);
    await server.goAway();
    await accepted(one);
    clock.advance(MAX_AGE_MS);
    await accepted(one);
    clock.advance(24 * MAX_AGE_MS);
    await accepted(one);
    await eventually(() => expect(errors.length).toBeGreaterThan(1));
    await unavailable(two);
    server.keys = [two.jwk];
    await server.comeBack();
    clock.advance(COOLDOWN_MS);
    await accepted(two);
    await refused(one);
  });

  test('that are known hold nobody up while the set does not answer, once that is known', async () => {
    await accepted(one);
    clock.advance(MAX_AGE_MS);
    await server.goAway();
    await accepted(one);
    server.holding = true;
    await server.comeBack();
    clock.advance(COOLDOWN_MS);
    await accepted(one);
    await accepted(one);
    await eventually(() => expect(server.held).toBe(1));
    server.release();
    await accepted(one);
  });

  test('that were never had: nobody is to blame, and asking again is bounded', async () => {
    await server.goAway();
    verifier = makeVerifier();
    for (let n = 0; n < 5; n++) await unavailable(one);
    expect(errors).toHaveLength(1);
    await server.comeBack();
    await unavailable(one);
    expect(server.requests).toBe(0);
    clock.advance(COOLDOWN_MS);
    await accepted(one);
  });

  test('a set that does not answer in time is away', async () => {
    server.holding = true;
    verifier = makeVerifier(server.url, 20);
    await unavailable(one);
    server.release();
  });

  test.each(['{', '[]', '{"keys":7}', '{"keys":[null]}', ''])('a set that is none (%j) is away', async (broken) => {
    await accepted(one);
    server.broken = broken;
    clock.advance(MAX_AGE_MS);
    await accepted(one);
    expect(errors).toHaveLength(1);
  });

  test('made-up key ids have the set asked for a few times, then once in a while; a real one is found all the same', async () => {
    await accepted(one);
    const made = await Promise.all(Array.from({ length: 20 }, (_, n) => issuedKey(`made-up-${n}`)));
    for (const key of made) await verifier.verify(await issue(key, claims())).catch(() => undefined);
    expect(server.requests).toBe(3);
    await unavailable(two);
    server.keys = [one.jwk, two.jwk];
    for (const key of made) await verifier.verify(await issue(key, claims())).catch(() => undefined);
    clock.advance(COOLDOWN_MS);
    await accepted(two);
    expect(server.requests).toBe(4);
  });

  // Interleaving: the set is being fetched → more tokens come → one fetch answers them all.
  test('tokens that come while the set is fetched wait for that one', async () => {
    server.holding = true;
    const waiting = [accepted(one), accepted(one), refused(two)];
    await eventually(() => expect(server.held).toBe(1));
    server.release();
    await Promise.all(waiting);
    expect(server.requests).toBe(1);
  });

  test('without key ids are tried one after the other', async () => {
    server.keys = [one, two].map(({ jwk }) => ({ ...jwk, kid: undefined }));
    for (const { privateKey } of [one, two]) {
      const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
      expect(await verifier.verify(token)).toMatchObject({ userId: 'alice' });
    }
    const stranger = await issuedKey('one');
    const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256' }).sign(stranger.privateKey);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'WS_AUTH_FAILED' });
  });

  test('of the same name by somebody else do not count', async () => {
    await refused(await issuedKey('one'));
  });

  test('that are secrets, for encryption or too weak are never used', async () => {
    const secret = 'a secret of at least thirty-two bytes';
    const k = Buffer.from(secret).toString('base64url');
    const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 });
    server.keys = [
      { kty: 'oct', kid: 'secret', k },
      { ...two.jwk, kid: 'enc', use: 'enc' },
      { ...(await exportJWK(weak.publicKey)), kid: 'weak' },
    ];
    const hs256 = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'secret' })
      .sign(Buffer.from(secret));
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const rs256 = `${part({ alg: 'RS256', kid: 'weak' })}.${part(claims())}.${'A'.repeat(171)}`;
    for (const token of [hs256, await issue({ ...two, kid: 'enc' }, claims()), rs256])
      await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'WS_AUTH_FAILED' });
  });
});
