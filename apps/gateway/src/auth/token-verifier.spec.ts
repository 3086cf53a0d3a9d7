import { createHmac, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { SignJWT, UnsecuredJWT, base64url, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '#testing';
import { PublicKey, SecretKey, type TokenKeys } from './token-keys.js';
import { TokenVerifier, type TokenRules } from './token-verifier.js';

const SECRET = 'a secret of at least thirty-two bytes';
const RULES: TokenRules = { issuer: 'https://id.example', audience: 'chat', toleranceMs: 5_000 };
const NOW = 1_700_000_000;
const CLAIMS: JWTPayload = { sub: 'alice', iss: 'https://id.example', aud: 'chat', exp: NOW + 60 };

const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');

const encode = (value: unknown): string => base64url.encode(JSON.stringify(value));
const hmac = (input: string, key: string | Buffer): string =>
  createHmac('sha256', key).update(input).digest().toString('base64url');

/** A token put together by hand, signed by HMAC with any key. */
function forged(header: object, claims: object, key: string | Buffer): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${hmac(input, key)}`;
}

const sign = (claims: JWTPayload, header: Partial<JWTHeaderParameters> = {}, secret = SECRET): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', ...header }).sign(Buffer.from(secret));

const signWith = (key: KeyObject, alg: string, header: Partial<JWTHeaderParameters> = {}): Promise<string> =>
  new SignJWT(CLAIMS).setProtectedHeader({ alg, ...header }).sign(key);

const without = (claim: string): JWTPayload => Object.fromEntries(Object.entries(CLAIMS).filter(([k]) => k !== claim));

describe('a token', () => {
  const clock = new VirtualClock(NOW * 1_000);
  const verifier = (keys: TokenKeys = new SecretKey(SECRET), rules: Partial<TokenRules> = {}) =>
    new TokenVerifier(keys, { ...RULES, ...rules }, clock);
  const failed = { code: 'WS_AUTH_FAILED', message: 'Authentication failed' };

  describe('that holds says who it is and until when', () => {
    test('HS256', async () => {
      const token = await verifier().verify(await sign(CLAIMS));
      expect(token).toEqual({ userId: 'alice', expiresAt: (NOW + 65) * 1_000, conversations: undefined });
    });

    test('put together by hand: what is refused below is refused for what is wrong with it', async () => {
      expect(await verifier().verify(forged({ alg: 'HS256' }, CLAIMS, SECRET))).toMatchObject({ userId: 'alice' });
    });

    test.each([
      ['RS256', rsa],
      ['ES256', ec],
      ['EdDSA', ed],
      ['Ed25519', ed],
    ] as const)('%s', async (alg, { publicKey, privateKey }) => {
      const keys = new PublicKey(pemOf(publicKey));
      expect(await verifier(keys).verify(await signWith(privateKey, alg))).toMatchObject({ userId: 'alice' });
      const oneLine = new PublicKey(pemOf(publicKey).replaceAll('\n', '\\n'));
      expect(await verifier(oneLine).verify(await signWith(privateKey, alg))).toMatchObject({ userId: 'alice' });
    });

    test.each([
      ['an audience among others', { aud: ['mail', 'chat'] }],
      ['a user id of 128 characters', { sub: 'ä'.repeat(128) }],
      ['expired less than the tolerance ago', { exp: NOW - 4 }],
      ['valid from less than the tolerance on', { nbf: NOW + 5 }],
      ['fractions of seconds', { exp: NOW + 0.5, nbf: NOW - 0.5 }],
    ])('%s', async (_, more) => {
      const claims: JWTPayload = { ...CLAIMS, ...more };
      expect(await verifier().verify(await sign(claims))).toMatchObject({ userId: claims.sub });
    });

    test('whoever issued it for whomever, where that is not asked for', async () => {
      const token = await sign({ sub: 'bob', exp: NOW + 1 });
      expect(await verifier(undefined, { issuer: undefined, audience: undefined }).verify(token)).toMatchObject({
        userId: 'bob',
      });
    });

    test('and which conversations it opens', async () => {
      const { conversations } = await verifier().verify(
        await sign({ ...CLAIMS, conversations: ['team', 'room-*', 'a*b'] }),
      );
      const open = ['team', 'room-', 'room-7', 'a*b'].map((name) => conversations?.has(name));
      const shut = ['teams', 'tea', 'room', 'xroom-7', 'aab', ''].map((name) => conversations?.has(name));
      expect([...open, ...shut]).toEqual([...open.map(() => true), ...shut.map(() => false)]);
    });
  });

  describe('is refused', () => {
    const publicPem = pemOf(rsa.publicKey);
    const input = `${encode({ alg: 'HS256' })}.${encode(CLAIMS)}`;
    const ATTACKS: readonly (readonly [string, () => string | Promise<string>, TokenKeys?])[] = [
      ['alg none', () => new UnsecuredJWT(CLAIMS).encode()],
      ['alg None', () => `${encode({ alg: 'None' })}.${encode(CLAIMS)}.`],
      ['alg none with a signature', () => forged({ alg: 'none' }, CLAIMS, SECRET)],
      ['alg none, public key', () => new UnsecuredJWT(CLAIMS).encode(), new PublicKey(publicPem)],
      ['no alg', () => forged({}, CLAIMS, SECRET)],
      ['an alg that is no string', () => forged({ alg: ['HS256'] }, CLAIMS, SECRET)],
      ['HMAC with the public key', () => forged({ alg: 'HS256' }, CLAIMS, publicPem), new PublicKey(publicPem)],
      [
        'HMAC with the public key, trimmed',
        () => forged({ alg: 'HS256' }, CLAIMS, publicPem.trim()),
        new PublicKey(publicPem),
      ],
      [
        'HMAC with the public key in DER',
        () => forged({ alg: 'HS256' }, CLAIMS, rsa.publicKey.export({ type: 'spki', format: 'der' })),
        new PublicKey(publicPem),
      ],
      [
        'HS512 of the same secret',
        () => new SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS512' }).sign(randomBytes(64)),
      ],
      ['RS256 where a secret is asked for', () => signWith(rsa.privateKey, 'RS256')],
      ['PS256 of the RSA key', () => signWith(rsa.privateKey, 'PS256'), new PublicKey(publicPem)],
      ['RS512 of the RSA key', () => signWith(rsa.privateKey, 'RS512'), new PublicKey(publicPem)],
      ['ES256 where an RSA key is asked for', () => signWith(ec.privateKey, 'ES256'), new PublicKey(publicPem)],
      [
        'a key that it brings along',
        () => signWith(ec.privateKey, 'ES256', { jwk: ec.publicKey.export({ format: 'jwk' }) }),
        new PublicKey(pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)),
      ],
      ['another secret', () => sign(CLAIMS, {}, 'another secret of thirty-two bytes!!')],
      ['an empty secret', () => forged({ alg: 'HS256' }, CLAIMS, '')],
      ['no signature', () => `${input}.`],
      ['an empty signature part', () => input],
      ['a signature cut short', async () => (await sign(CLAIMS)).slice(0, -4)],
      ['another signature', async () => `${input}.${(await sign({ ...CLAIMS, sub: 'bob' })).split('.')[2]}`],
      [
        'claims of another token',
        async () => {
          const [header, , signature] = (await sign(CLAIMS)).split('.');
          return `${header}.${encode({ ...CLAIMS, sub: 'mallory' })}.${signature}`;
        },
      ],
      ['a critical extension', () => forged({ alg: 'HS256', crit: ['x'], x: 1 }, CLAIMS, SECRET)],
      ['b64', () => forged({ alg: 'HS256', crit: ['b64'], b64: true }, CLAIMS, SECRET)],
      ['an unencoded payload', () => forged({ alg: 'HS256', crit: ['b64'], b64: false }, CLAIMS, SECRET)],
      ['an empty crit', () => forged({ alg: 'HS256', crit: [] }, CLAIMS, SECRET)],
      ['expired', () => sign({ ...CLAIMS, exp: NOW - 5 })],
      ['expired long ago', () => sign({ ...CLAIMS, exp: 0 })],
      ['no exp', () => sign(without('exp'))],
      ['an exp that is no number', () => forged({ alg: 'HS256' }, { ...CLAIMS, exp: `${NOW + 60}` }, SECRET)],
      ['an exp of null', () => forged({ alg: 'HS256' }, { ...CLAIMS, exp: null }, SECRET)],
      ['not yet valid', () => sign({ ...CLAIMS, nbf: NOW + 6 })],
      ['an nbf that is no number', () => forged({ alg: 'HS256' }, { ...CLAIMS, nbf: 'soon' }, SECRET)],
      ['another issuer', () => sign({ ...CLAIMS, iss: 'https://evil.example' })],
      ['no issuer', () => sign(without('iss'))],
      ['another audience', () => sign({ ...CLAIMS, aud: 'mail' })],
      ['other audiences', () => sign({ ...CLAIMS, aud: ['mail', 'chat2'] })],
      ['no audience', () => sign(without('aud'))],
      ['no sub', () => sign(without('sub'))],
      ['an empty sub', () => sign({ ...CLAIMS, sub: '' })],
      ['a sub with a control character', () => sign({ ...CLAIMS, sub: 'alice\u0000' })],
      ['a sub that is too long', () => sign({ ...CLAIMS, sub: 'a'.repeat(129) })],
      ['a sub that is no string', () => forged({ alg: 'HS256' }, { ...CLAIMS, sub: 7 }, SECRET)],
      ['conversations that are no list', () => sign({ ...CLAIMS, conversations: '*' })],
      ['conversations that are no names', () => sign({ ...CLAIMS, conversations: ['a', 1] })],
      ['claims that are no object', () => forged({ alg: 'HS256' }, [1], SECRET)],
      [
        'claims that are no JSON',
        () => {
          const part = `${encode({ alg: 'HS256' })}.${base64url.encode('{')}`;
          return `${part}.${hmac(part, SECRET)}`;
        },
      ],
      ['an encrypted token', () => 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA'],
      ['nothing', () => ''],
      ['dots', () => '..'],
      ['more dots', () => '.'.repeat(10_000)],
      ['garbage', () => 'not a token'],
      ['binary garbage', () => '\u0000\uD800\uFFFF.x.y'],
      ['a header that is no object', () => `${encode('x')}.${encode(CLAIMS)}.x`],
      ['a prototype in the header', () => `${base64url.encode('{"__proto__":{"alg":"HS256"}}')}.${encode(CLAIMS)}.x`],
      ['a token with room for a book', async () => sign({ ...CLAIMS, book: 'x'.repeat(20_000) })],
    ];

    test.each(ATTACKS.map(([name, make, keys]) => [name, { make, keys }] as const))('%s', async (_, { make, keys }) => {
      await expect(verifier(keys).verify(await make())).rejects.toMatchObject(failed);
    });
  });

  test('what is wrong with it is said in the log alone, without the token', async () => {
    const token = await sign({ ...CLAIMS, aud: 'mail' });
    const error: unknown = await verifier()
      .verify(token)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      message: 'Authentication failed',
      cause: { message: expect.stringContaining('aud') },
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(token.split('.')[1]);
  });
});

describe('a public key', () => {
  test.each([
    ['of RSA with 1,024 bits', () => pemOf(generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey)],
    ['of RSA-PSS', () => pemOf(generateKeyPairSync('rsa-pss', { modulusLength: 2_048 }).publicKey)],
    ['on another curve', () => pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)],
    ['for key agreement', () => pemOf(generateKeyPairSync('x25519').publicKey)],
    ['that is private', () => ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['that is none', () => '-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----'],
  ])('%s is refused at the start', (_, pem) => {
    expect(() => new PublicKey(pem())).toThrow();
  });
});
