import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { addressOf, networkOf, trustIn } from './address.js';

describe('what one client has', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3:4', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
    ['unknown', 'unknown'],
  ])('of %s: %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('whose connection it is', () => {
  const request = (remoteAddress: string | undefined, forwarded?: string): IncomingMessage =>
    ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

  test.each([
    ['nobody is trusted: the peer', undefined, '10.0.0.1', '203.0.113.7', '10.0.0.1'],
    ['the peer is no proxy of ours: the peer, whatever it says', ['10.0.0.1'], '10.0.0.2', '203.0.113.7', '10.0.0.2'],
    ['a trusted proxy: who is behind it', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['two of them', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.7, 10.9.9.9', '203.0.113.7'],
    [
      'what the client itself wrote before is not believed',
      ['10.0.0.1'],
      '10.0.0.1',
      '8.8.8.8, 203.0.113.7',
      '203.0.113.7',
    ],
    ['a name of ranges', ['loopback'], '127.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['an IPv4 peer on an IPv6 socket', ['loopback'], '::ffff:127.0.0.1', '2001:db8::1', '2001:db8:0:0::/64'],
    ['a port behind it', ['loopback'], '127.0.0.1', '203.0.113.7:4711', '203.0.113.7'],
    ['a port behind an IPv6 address', ['loopback'], '::1', '[2001:db8::1]:4711', '2001:db8:0:0::/64'],
    ['no header', ['loopback'], '127.0.0.1', undefined, '127.0.0.1'],
    ['what is no address counts as the proxy', ['loopback'], '127.0.0.1', 'unknown', '127.0.0.1'],
    ['likewise, however odd', ['loopback'], '127.0.0.1', ', ,"><script>, ,', '127.0.0.1'],
    ['a peer that has gone', ['loopback'], undefined, '203.0.113.7', 'unknown'],
  ])('%s', (_what, proxies, peer, forwarded, expected) => {
    expect(addressOf(request(peer, forwarded), trustIn(proxies))).toBe(expected);
  });
});
