import { expect, it } from '@jest/globals';
import { toConnections, valueTail } from './connection-value.js';

const PROCESS = { gatewayId: 'gateway-01', incarnation: 'first' };

/** A value as lua/register.lua puts it together. */
const value = (timestamp: number, since: number, device?: string): string =>
  `{"timestamp":${timestamp},"since":${since},${valueTail({ ...PROCESS, userId: 'alice', connectionId: '', status: 'online', device })}`;

it('reads the connections of a user, oldest first', () => {
  const flat = [
    'c2',
    value(1_790_000_000_009, 1_790_000_000_002, 'phone'),
    'c1',
    value(1_790_000_000_008, 1_790_000_000_001),
  ];
  expect(toConnections(flat)).toEqual([
    { connectionId: 'c1', gatewayId: 'gateway-01', status: 'online', timestamp: 1_790_000_000_008 },
    { connectionId: 'c2', gatewayId: 'gateway-01', status: 'online', timestamp: 1_790_000_000_009, device: 'phone' },
  ]);
});

it('reads devices whatever they are called', () => {
  const read = (name: string) => toConnections(['c', value(1_790_000_000_008, 1_790_000_000_001, name)])[0];
  for (const name of ['phone', '"status":"away"', '}', '\\"', 'grüße 🦊'])
    expect(read(name)).toMatchObject({ device: name, gatewayId: 'gateway-01', status: 'online' });
});
