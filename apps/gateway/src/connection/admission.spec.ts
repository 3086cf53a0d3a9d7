import { describe, expect, test } from '@jest/globals';
import { refusal, type Capacity } from './admission.js';

const open: Capacity = {
  path: '/ws',
  origins: ['*'],
  connections: 0,
  maxConnections: 10,
  starting: false,
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

  test.each([
    ['is full', { connections: 10 }, 5],
    ['has not joined the others yet', { starting: true }, 1],
    ['is draining', { draining: true }, 1],
    ['is overloaded', { overloaded: true }, 5],
    ['has taken too many this second', { paceMs: 1_200 }, 2],
  ])('to a gateway that %s is 503 and says when to come back', (_, state, retryAfterSeconds) => {
    expect(refusal({ path: '/ws' }, { ...open, connections: 9 })).toBeUndefined();
    expect(refusal({ path: '/ws' }, { ...open, ...state })).toMatchObject({ status: 503, retryAfterSeconds });
  });
});
