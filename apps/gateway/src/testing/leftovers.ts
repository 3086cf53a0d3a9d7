import { Grants } from '../auth/grants.js';
import { Attendance } from '../connection/attendance.js';
import { Heartbeat } from '../connection/heartbeat.js';
import { Registry } from '../connection/registry.js';
import { Subscribers } from '../connection/subscribers.js';
import { Watches } from '../watching/watches.js';
import type { GatewayUnderTest } from './gateway-under-test.js';

/** What a gateway still holds of its connections, here and at presence; all zero when nothing is left behind. */
export interface Leftovers {
  readonly connections: number;
  readonly users: number;
  readonly actors: number;
  readonly heartbeats: number;
  readonly refreshed: number;
  readonly present: number;
  readonly subscriptions: number;
  readonly watchers: number;
  readonly watched: number;
  readonly tokens: number;
}

export const NOTHING: Leftovers = {
  connections: 0,
  users: 0,
  actors: 0,
  heartbeats: 0,
  refreshed: 0,
  present: 0,
  subscriptions: 0,
  watchers: 0,
  watched: 0,
  tokens: 0,
};

export function leftovers(gateway: GatewayUnderTest): Leftovers {
  const registry = gateway.get(Registry);
  return {
    connections: registry.connections,
    users: registry.users,
    actors: gateway.actors,
    heartbeats: gateway.get(Heartbeat).size,
    refreshed: gateway.get(Attendance).size,
    present: gateway.backend.connections.size,
    subscriptions: gateway.get(Subscribers).size,
    watchers: gateway.get(Watches).watchers,
    watched: gateway.get(Watches).size,
    tokens: gateway.get(Grants).size,
  };
}
