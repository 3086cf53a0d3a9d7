import { describe, expect, test } from '@jest/globals';
import { connectionsAmiss, statusesAmiss } from './amiss.js';
import type { Told } from './world.js';

const told = (userId: string, status: string, ...ids: readonly string[]): Told => ({
  userId,
  status,
  connections: ids.map((connectionId) => ({ connectionId, gatewayId: 'gateway-01' })),
});
const live = new Map([
  ['a1', 'ann'],
  ['a2', 'ann'],
  ['b1', 'ben'],
]);

describe('the comparison of who is told to be there with who is', () => {
  test('finds nothing where both are the same', () => {
    const right = [told('ann', 'online', 'a2', 'a1'), told('ben', 'online', 'b1'), told('cid', 'offline')];
    expect(connectionsAmiss(right, live)).toEqual({ ghosts: [], unseen: [] });
  });

  test.each([
    ['a connection that is gone', told('cid', 'offline', 'c1')],
    ['a connection of somebody else', told('cid', 'online', 'b1')],
    ['a user who is online without a connection', told('cid', 'online')],
  ])('finds %s', (_what, cid) => {
    const found = connectionsAmiss([told('ann', 'online', 'a1', 'a2'), told('ben', 'online', 'b1'), cid], live);
    expect(found).toEqual({ ghosts: [expect.stringContaining('cid')], unseen: [] });
  });

  test('finds a connection that nobody is told of', () => {
    const found = connectionsAmiss([told('ann', 'online', 'a1'), told('ben', 'online', 'b1')], live);
    expect(found).toEqual({ ghosts: [], unseen: [expect.stringContaining('a2')] });
  });

  test('finds watchers who were told too little, or too much', () => {
    const watcher = {
      options: { userId: 'eve', device: 'phone', watches: ['ann', 'ben', 'cid', 'dan'] },
      statuses: new Map([
        ['ann', 'online'],
        ['ben', 'offline'],
        ['cid', 'online'],
      ]),
    };
    expect(statusesAmiss([watcher], new Set(['ann', 'ben']))).toEqual({
      ghosts: [expect.stringContaining('cid: online'), expect.stringContaining('dan: untold')],
      unseen: [expect.stringContaining('ben: offline')],
    });
  });
});
