import { describe, expect, test } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { readConfig } from './read-config.js';
import { COMMON_VARIABLES, VARIABLES, type VariableName } from './variables.js';
import type { App } from './variable.js';

const ALL = Object.keys(VARIABLES) as VariableName[];

function complaints(env: NodeJS.ProcessEnv, names: readonly VariableName[] = ALL, app: App = 'gateway'): string[] {
  try {
    readConfig(names, env, app);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
}

describe('a configuration', () => {
  test('takes defaults for what is unset or empty, typed and frozen', () => {
    const config = readConfig(ALL, { AUTH_MODE: 'none', PORT: '', LOG_LEVEL: '' }, 'gateway');
    expect(config).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 8080,
      ENGINE: 'redis',
      CARRIER: 'redis',
      LOG_LEVEL: 'info',
      LOG_MAX_AGE: 30 * 86_400_000,
      IDEMPOTENCY_WINDOW: 86_400_000,
      ALLOW_INSECURE: false,
      ALLOWED_ORIGINS: ['*'],
    });
    expect(config.API_KEY).toBeUndefined();
    expect(Object.isFrozen(config)).toBe(true);
  });

  test.each([
    ['gateway', 8080],
    ['router', 8081],
    ['presence', 8082],
    ['standalone', 8080],
  ] as const)('of %s listens on port %i by default', (app, port) => {
    expect(readConfig(['PORT'], {}, app).PORT).toBe(port);
  });

  test.each([
    ['gateway', 8443],
    ['standalone', 8443],
    ['router', 8081],
  ] as const)('of %s listens on port %i by default when a certificate is there', (app, port) => {
    const env = { TLS_CERT_FILE: 'cert.pem', TLS_KEY_FILE: 'key.pem' };
    expect(readConfig(['PORT'], env, app).PORT).toBe(port);
    expect(readConfig(['PORT'], { ...env, PORT: '1' }, app).PORT).toBe(1);
  });

  test('of standalone decides by itself: embedded, local, anybody on loopback', () => {
    const config = readConfig(ALL, {}, 'standalone');
    expect(config).toMatchObject({ ENGINE: 'embedded', CARRIER: 'local', AUTH_MODE: 'none', HOST: '127.0.0.1' });
  });

  test.each([
    ['30d', 30 * 86_400_000],
    ['12h', 12 * 3_600_000],
    ['15m', 900_000],
    ['90s', 90_000],
    ['250ms', 250],
    ['1500', 1_500],
  ])('reads the time span %s', (span, ms) => {
    expect(readConfig(['LOG_MAX_AGE'], { LOG_MAX_AGE: span }).LOG_MAX_AGE).toBe(ms);
  });

  test('reads origins with spaces around them', () => {
    const env = { ALLOWED_ORIGINS: 'https://a.example, http://localhost:3000' };
    expect(readConfig(['ALLOWED_ORIGINS'], env).ALLOWED_ORIGINS).toEqual([
      'https://a.example',
      'http://localhost:3000',
    ]);
  });
});

test.each([
  'rediss://user:pa%20ss@redis.example.org:6380/1',
  'redis+sentinel://a',
  'redis+sentinel://user:pa:ss@10.0.0.1:26379,[::1]:26380,sentinel-3.example.org/main',
  'redis+cluster://:pass@a:7000,b:7001',
  'rediss+sentinel://a/main',
  'rediss+cluster://a,b',
])('REDIS_URL may be %s', (REDIS_URL) => {
  expect(readConfig(['REDIS_URL'], { REDIS_URL })).toEqual({ REDIS_URL });
});

describe('a bad environment', () => {
  const BAD: readonly (readonly [VariableName, string])[] = [
    ['INSTANCE_ID', 'gate:way'],
    ['HOST', 'no host'],
    ['PORT', '65536'],
    ['PORT', '80x'],
    ['ENGINE', 'sqlite'],
    ['CARRIER', 'kafka'],
    ['REDIS_URL', 'http://localhost'],
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_URL', 'redis+sentinel://'],
    ['REDIS_URL', 'redis+sentinel://a,,b/name'],
    ['REDIS_URL', 'redis+cluster://a:7000/0'],
    ['REDIS_URL', 'redis+cluster://a b'],
    ['REDIS_URL', 'redis+other://a'],
    ['REDIS_URL', 'redisss+cluster://a'],
    ['LOG_LEVEL', 'verbose'],
    ['LOG_MAX_LENGTH', '0'],
    ['LOG_MAX_AGE', '30 days'],
    ['IDEMPOTENCY_WINDOW', '0'],
    ['AUTH_MODE', 'open'],
    ['ALLOW_INSECURE', 'yes'],
    ['ALLOWED_ORIGINS', 'example.org'],
    ['ALLOWED_ORIGINS', 'https://a.*.example.org'],
    ['ALLOWED_ORIGINS', '*.'],
    ['ALLOWED_ORIGINS', '*.example.org/path'],
    ['ALLOWED_ORIGINS', 'https://chat.example.org/'],
    ['JWT_JWKS_URL', 'file:///etc/keys.json'],
    ['JWT_CLOCK_TOLERANCE_MS', '-1'],
    ['HEARTBEAT_INTERVAL_MS', '-1'],
    ['DRAIN_MS', '1e3'],
    ['MAX_MESSAGE_BYTES', '12'],
  ];
  test.each(BAD)('%s=%s is refused with name, value and what is allowed', (name, value) => {
    const text = complaints({ AUTH_MODE: 'none', [name]: value }).join('\n');
    expect(text).toBe(`${name}=${value} is not allowed; allowed: ${VARIABLES[name].allowed}`);
  });

  test('has all its faults named at once', () => {
    const found = complaints({ PORT: 'x', LOG_LEVEL: 'loud', ENGINE: 'none' });
    expect(found.map((line) => line.split(/[= ]/)[0])).toEqual(['PORT', 'ENGINE', 'LOG_LEVEL', 'AUTH_MODE']);
  });

  test('without a decision about who may come in is refused, except by standalone', () => {
    expect(complaints({})).toEqual(['AUTH_MODE is not set; allowed: none, jwt']);
    expect(complaints({}, ALL, 'standalone')).toEqual([]);
  });

  const SECRET = 'a secret of at least thirty-two bytes';

  test.each([
    [{}, 'none of them is set'],
    [{ JWT_SECRET: SECRET, JWT_JWKS_URL: 'https://id.example' }, 'set are JWT_SECRET and JWT_JWKS_URL'],
  ])('that asks for tokens needs one key source: %j', (keys, found) => {
    expect(complaints({ AUTH_MODE: 'jwt', ...keys })).toEqual([
      'AUTH_MODE=jwt is not allowed; allowed: jwt with exactly one of ' +
        `JWT_SECRET, JWT_PUBLIC_KEY, JWT_PUBLIC_KEY_FILE, JWT_JWKS_URL; ${found}`,
    ]);
  });

  test('that asks for tokens may listen anywhere', () => {
    expect(complaints({ AUTH_MODE: 'jwt', JWT_SECRET: SECRET, HOST: '0.0.0.0' })).toEqual([]);
  });

  test.each(['gateway', 'standalone'] as const)('that has a key for tokens and asks for none is refused: %s', (app) => {
    expect(complaints({ AUTH_MODE: 'none', JWT_SECRET: SECRET }, ALL, app)).toEqual([
      'AUTH_MODE=none is not allowed; allowed: jwt, since JWT_SECRET is set; or none, without it',
    ]);
  });

  test('never has a short secret or a private key printed', () => {
    const JWT_PUBLIC_KEY = '-----BEGIN PRIVATE KEY-----';
    expect(complaints({ AUTH_MODE: 'jwt', JWT_SECRET: 'too short', JWT_PUBLIC_KEY })).toEqual([
      'JWT_SECRET=(hidden) is not allowed; allowed: 32 bytes or more',
      expect.stringMatching(/^JWT_PUBLIC_KEY=\(hidden\) is not allowed; allowed: a public key in PEM/),
      expect.stringContaining('none of them is set'),
    ]);
  });

  test.each([
    ['TLS_CERT_FILE', 'TLS_KEY_FILE'],
    ['TLS_KEY_FILE', 'TLS_CERT_FILE'],
  ])('with %s alone is refused', (given, missing) => {
    expect(complaints({ AUTH_MODE: 'none', [given]: '/some/file' })).toEqual([
      `${missing} is not set; allowed: a file, since ${given} is set; or both unset`,
    ]);
  });

  test('never has a secret printed', () => {
    expect(complaints({ AUTH_MODE: 'none', API_KEY: 'short secret' })).toEqual([
      expect.stringMatching(/^API_KEY=\(hidden\) is not allowed/),
    ]);
  });

  test.each([
    ['http://user:pa:ss@host', 'http://(hidden)@host'],
    ['redis:/:p@ss/word@host', 'redis:/(hidden)@host'],
    ['p@ss@host', '(hidden)@host'],
    ['redis+cluster://user:pa:ss@host:x,host', '(hidden)@host:x,host'],
    ['http://host?password=pass', 'http://host?(hidden)'],
  ])('never has the password in REDIS_URL=%s printed', (REDIS_URL, printed) => {
    expect(complaints({ AUTH_MODE: 'none', REDIS_URL })).toEqual([
      `REDIS_URL=${printed} is not allowed; allowed: ${VARIABLES.REDIS_URL.allowed}`,
    ]);
  });

  test.each(['ENGINE', 'CARRIER'] as const)('in which an app of its own would keep %s to itself is refused', (name) => {
    const value = name === 'ENGINE' ? 'embedded' : 'local';
    for (const app of ['gateway', 'presence', 'router'] as const)
      expect(complaints({ [name]: value }, COMMON_VARIABLES, app)).toEqual([
        `${name}=${value} is not allowed; allowed: redis (${value} only in standalone: apps of their own cannot share it)`,
      ]);
  });

  test.each(['0.0.0.0', '::', '192.168.1.4', 'gateway.example.org'])(
    'that lets anybody in on %s is refused unless it says ALLOW_INSECURE=1',
    (HOST) => {
      const env = { AUTH_MODE: 'none', HOST };
      expect(complaints(env)).toEqual([expect.stringMatching(/^AUTH_MODE=none .*loopback.*ALLOW_INSECURE=1/)]);
      expect(complaints({ ...env, ALLOW_INSECURE: '1' })).toEqual([]);
    },
  );

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('is not one that lets anybody in on %s', (HOST) => {
    expect(complaints({ AUTH_MODE: 'none', HOST })).toEqual([]);
  });

  test('whose heartbeats time out before the next is due is refused', () => {
    const env = { AUTH_MODE: 'none', HEARTBEAT_INTERVAL_MS: '1000', HEARTBEAT_TIMEOUT_MS: '1000' };
    expect(complaints(env)).toEqual([
      'HEARTBEAT_TIMEOUT_MS=1000 is not allowed; allowed: more than HEARTBEAT_INTERVAL_MS (1000)',
    ]);
  });
});
