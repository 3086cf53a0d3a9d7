import { describe, expect, test } from '@jest/globals';
import { refusal, type Capacity } from './admission.js';

const open: Capacity = {
  path: '/ws',
  origins: ['*'],
  connections: 0,
  maxConnections: 10,
  draining: false,
  overloaded: false,
  paceMs: 0,
};

describe('an upgrade', () => {
  test('to our path is let in', () => {
    expect(refusal({ path: '/ws' }, open)).toBeUndefined();
    expect(refusal({ path: '/ws', origin: 'https://anywhere.example' }, open)).toBeUndefined();
  });

  test('to another path is 404', () => {
    expect(refusal({ path: '/' }, open)).toMatchObject({ status: 404 });
    expect(refusal({ path: '/ws/' }, { ...open, draining: true })).toMatchObject({ status: 404 });
  });

  test('from a page that is not on the list is 403; without an Origin there is no page', () => {
    const listed = { ...open, origins: ['https://chat.example.org'] };
    expect(refusal({ path: '/ws', origin: 'https://chat.example.org' }, listed)).toBeUndefined();
    expect(refusal({ path: '/ws', origin: 'https://evil.example' }, listed)).toMatchObject({ status: 403 });
    expect(refusal({ path: '/ws', origin: 'https://chat.example.org.evil.example' }, listed)).toMatchObject({
      status: 403,
    });
    expect(refusal({ path: '/ws' }, listed)).toBeUndefined();
  });

  test('to a gateway that is full or draining is 503 and says when to come back', () => {
    expect(refusal({ path: '/ws' }, { ...open, connections: 9 })).toBeUndefined();
    for (const state of [{ connections: 10 }, { draining: true }])
      expect(refusal({ path: '/ws' }, { ...open, ...state })).toMatchObject({ status: 503, retryAfterSeconds: 5 });
  });
});
