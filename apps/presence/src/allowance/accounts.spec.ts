import { describe, expect, test } from '@jest/globals';
import { Rate } from '#service';
import { Accounts } from './accounts.js';

const NOW = 1_700_000_000_000;
/** 100 frames per second, 300 at once. */
const RATE = new Rate(100, 300);

describe('what a user has spent', () => {
  test.each([
    ['the burst', [[0, 300]], 0],
    ['one frame more', [[0, 301]], 10],
    [
      'reported by several gateways',
      [
        [0, 150],
        [0, 100],
        [0, 100],
      ],
      500,
    ],
    ['the rate, for long', Array.from({ length: 100 }, (_, n) => [n * 250, 25]), 0],
    ['twice the rate, until the burst is gone', Array.from({ length: 14 }, (_, n) => [n * 250, 50]), 750],
    [
      'nothing for long',
      [
        [0, 400],
        [3_600_000, 1],
      ],
      0,
    ],
    ['far too much: a flood is held off for no more than the burst is worth', [[0, 1_000_000]], 3_000],
  ])('%s', (_what, reports, expected) => {
    const accounts = new Accounts(RATE);
    let forMs = 0;
    for (const [at = 0, frames = 0] of reports) forMs = accounts.charge('alice', frames, NOW + at);
    expect(forMs).toBe(expected);
  });

  test('is nobody else’s affair', () => {
    const accounts = new Accounts(RATE);
    accounts.charge('alice', 1_000, NOW);
    expect(accounts.charge('bob', 300, NOW)).toBe(0);
  });

  test('is forgotten once it is paid', () => {
    const accounts = new Accounts(RATE);
    for (let n = 0; n < 1_000; n++) accounts.charge(`user-${n}`, 100, NOW + n);
    expect(accounts.size).toBe(1_000);
    accounts.charge('late', 1, NOW + 1_500);
    expect(accounts.size).toBe(500);
  });

  test('is kept for so many, the latest, and no more', () => {
    const accounts = new Accounts(RATE, 10);
    for (let n = 0; n < 1_000; n++) accounts.charge(`user-${n}`, 301, NOW);
    expect(accounts.size).toBe(10);
    expect(accounts.charge('user-999', 1, NOW)).toBe(20);
    expect(accounts.charge('user-1', 300, NOW)).toBe(0);
  });
});
