import { expect, test } from '@jest/globals';
import { parseTarget } from './target.js';

test.each([
  ['redis://user:secret@host:1/2', { kind: 'server', url: 'redis://user:secret@host:1/2' }],
  ['redis+sentinel://a', { kind: 'sentinel', sentinels: [{ host: 'a', port: 26_379 }], name: 'mymaster', login: {} }],
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
    },
  ],
])('%s', (url, target) => {
  expect(parseTarget(url)).toEqual(target);
});
