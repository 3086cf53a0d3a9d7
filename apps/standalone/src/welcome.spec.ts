import { describe, expect, test } from '@jest/globals';
import { welcome } from './welcome.js';

describe('the welcome', () => {
  test('names an address that a command on this machine can use, says who may come in, and where messages are', () => {
    const text = welcome('http://127.0.0.1:8080', { AUTH_MODE: 'none', ENGINE: 'embedded', DATA_DIR: '/var/data' });
    expect(text).toContain('--user alice --gateway ws://localhost:8080/ws\n');
    expect(text).toContain('from this machine only');
    expect(text).toContain('anybody, as anybody (AUTH_MODE=none');
    expect(text).toContain('/var/data');
  });

  test('with TLS and tokens says so', () => {
    const text = welcome('https://127.0.0.1:8443', { AUTH_MODE: 'jwt', ENGINE: 'embedded', DATA_DIR: './data' });
    expect(text).toContain('--user alice --gateway wss://localhost:8443/ws\n');
    expect(text).toContain('https://localhost:8443/stats');
    expect(text).toContain('who has a token (AUTH_MODE=jwt)');
  });

  test('does not call an address that others reach this machine only', () => {
    const text = welcome('http://0.0.0.0:9000', { AUTH_MODE: 'none', ENGINE: 'redis', DATA_DIR: './data' });
    expect(text).toContain('ws://0.0.0.0:9000/ws');
    expect(text).not.toContain('this machine only');
    expect(text).toContain('Redis');
  });
});
