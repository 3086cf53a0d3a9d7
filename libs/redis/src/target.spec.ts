import { expect, test } from '@jest/globals';
import { parseTarget, sentinelOptions, type Target } from './target.js';

test.each([
  ['redis://user:secret@host:1/2', { kind: 'server', url: 'redis://user:secret@host:1/2' }],
  [
    'redis+sentinel://a',
    { kind: 'sentinel', sentinels: [{ host: 'a', port: 26_379 }], name: 'mymaster', login: {}, tls: false },
  ],
  [
    'redis+sentinel://user:p%40ss:w@a:1,b,[::1]:3,[fe80::2]/main',
    {
      kind: 'sentinel',
      sentinels: [
        { host: 'a', port: 1 },
        { host: 'b', port: 26_379 },
        { host: '::1', port: 3 },
        { host: 'fe80::2', port: 26_379 },
      ],
      name: 'main',
      login: { username: 'user', password: 'p@ss:w' },
      tls: false,
    },
  ],
  [
    'redis+cluster://:secret@a:1,b/',
    {
      kind: 'cluster',
      seeds: [
        { host: 'a', port: 1 },
        { host: 'b', port: 6_379 },
      ],
      login: { password: 'secret' },
      tls: false,
    },
  ],
  ['rediss://host', { kind: 'server', url: 'rediss://host' }],
  [
    'rediss+sentinel://a/main',
    { kind: 'sentinel', sentinels: [{ host: 'a', port: 26_379 }], name: 'main', login: {}, tls: true },
  ],
  ['rediss+cluster://a', { kind: 'cluster', seeds: [{ host: 'a', port: 6_379 }], login: {}, tls: true }],
])('%s', (url, target) => {
  expect(parseTarget(url)).toEqual(target);
});

test.each(['http://user:secret@host', 'redis+other://:secret@a', 'redisss://a', 'rediss+://a', ''])(
  'takes no %j, and does not repeat what may be a password',
  (url) => {
    expect(() => parseTarget(url)).toThrow(/^(?!.*secret).*redis\+sentinel:/);
  },
);

test('Sentinels and their primary are spoken to alike, by TLS or without', () => {
  const options = (url: string) => sentinelOptions(parseTarget(url) as Extract<Target, { kind: 'sentinel' }>);
  const plain = { password: 'p', name: 'main', sentinels: [{ host: 'a', port: 26_379 }] };
  expect(options('redis+sentinel://:p@a/main')).toMatchObject(plain);
  expect(options('redis+sentinel://:p@a/main')).not.toHaveProperty('tls');
  const encrypted = { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true };
  expect(options('rediss+sentinel://:p@a/main')).toMatchObject({ ...plain, ...encrypted });
});
