import { describe, expect, test } from '@jest/globals';
import { AllowedOrigins, allowsOrigin } from './origins.js';

/** An entry of the list, an origin, and whether the one allows the other. */
const CASES: readonly (readonly [string, string, boolean])[] = [
  // Exact: scheme, host and port.
  ['https://chat.example.org', 'https://chat.example.org', true],
  ['https://chat.example.org', 'HTTPS://Chat.Example.ORG', true],
  ['HTTPS://Chat.Example.ORG', 'https://chat.example.org', true],
  ['https://chat.example.org', 'https://chat.example.org:443', true],
  ['https://chat.example.org:443', 'https://chat.example.org', true],
  ['http://chat.example.org:80', 'http://chat.example.org', true],
  ['https://chat.example.org', 'https://chat.example.org:8443', false],
  ['https://chat.example.org', 'https://chat.example.org:80', false],
  ['https://chat.example.org', 'http://chat.example.org', false],
  ['http://chat.example.org', 'https://chat.example.org', false],
  ['https://chat.example.org', 'https://example.org', false],
  ['https://chat.example.org', 'https://a.chat.example.org', false],
  ['https://chat.example.org', 'https://chat.example.org.evil.example', false],
  ['https://chat.example.org', 'https://chatXexample.org', false],
  ['https://chat.example.org', 'https://chat.example.org.', false],
  ['https://chat.example.org', 'https://chat.example.org/', false],
  ['https://chat.example.org', 'https://chat.example.org@evil.example', false],
  ['https://chat.example.org', 'https://evil.example#https://chat.example.org', false],
  ['https://chat.example.org', 'https://evil.example\\@chat.example.org', false],
  ['http://localhost:3000', 'http://localhost:3000', true],
  ['http://localhost:3000', 'http://localhost:30000', false],
  ['http://localhost:3000', 'http://localhost', false],
  ['http://[::1]:3000', 'http://[::1]:3000', true],
  ['http://127.0.0.1', 'http://127.0.0.1', true],
  ['http://127.0.0.1', 'http://127a0.0.1', false],
  // Subdomains: never the domain itself, and not whatever ends alike.
  ['*.example.com', 'https://a.example.com', true],
  ['*.example.com', 'http://a.example.com', true],
  ['*.example.com', 'https://a.b.example.com', true],
  ['*.example.com', 'https://A.EXAMPLE.com', true],
  ['*.Example.COM', 'https://a.example.com', true],
  ['*.example.com', 'https://a.example.com:443', true],
  ['*.example.com', 'http://a.example.com:80', true],
  ['*.example.com', 'http://a.example.com:443', false],
  ['*.example.com', 'https://a.example.com:8443', false],
  ['*.example.com', 'https://example.com', false],
  ['*.example.com', 'https://.example.com', false],
  ['*.example.com', 'https://evil-example.com', false],
  ['*.example.com', 'https://evilexample.com', false],
  ['*.example.com', 'https://a.example.com.evil.org', false],
  ['*.example.com', 'https://a.example.co', false],
  ['*.example.com', 'https://evil.org?.example.com', false],
  ['*.example.com', 'https://evil.org/.example.com', false],
  ['*.example.com', 'https://evil.org#.example.com', false],
  ['*.example.com', 'https://evil.org:1.example.com', false],
  ['*.example.com', 'https://evil.org@.example.com', false],
  ['*.example.com', 'https://evil.org .example.com', false],
  ['*.example.com', 'https://*.example.com', false],
  ['*.example.com', 'ftp://a.example.com', false],
  ['https://*.example.com', 'https://a.example.com', true],
  ['https://*.example.com', 'http://a.example.com', false],
  ['https://*.example.com', 'https://example.com', false],
  ['https://*.example.com', 'https://a.example.com:8443', false],
  ['https://*.example.com:8443', 'https://a.example.com:8443', true],
  ['https://*.example.com:8443', 'https://a.example.com', false],
  ['https://*.example.com:443', 'https://a.example.com', true],
  ['*.example.com:8443', 'http://a.example.com:8443', true],
  // Everything, and nothing.
  ['*', 'https://anywhere.example', true],
  ['*', 'null', true],
  ['*.example.com', 'null', false],
  ['https://chat.example.org', 'null', false],
  ['https://chat.example.org', '', false],
  ['https://chat.example.org', 'https://', false],
  ['https://chat.example.org', 'file://', false],
];

describe('the list of origins', () => {
  test.each(CASES)('%s for %s: %s', (entry, origin, allowed) => {
    expect(new AllowedOrigins([entry]).allows(origin)).toBe(allowed);
    expect(allowsOrigin(['https://other.example', entry], origin)).toBe(allowed);
  });

  test('without entries allows nothing', () => {
    expect(new AllowedOrigins([]).allows('https://chat.example.org')).toBe(false);
  });

  test('is read once, however often it is asked', () => {
    const list = ['https://a.example'];
    expect([allowsOrigin(list, 'https://a.example'), allowsOrigin(list, 'https://b.example')]).toEqual([true, false]);
  });
});
