import type { LocateReply } from '#contract';
import type { Connection, PresenceStatus } from '#engine';

const ORDER: readonly PresenceStatus[] = ['online', 'away', 'offline'];

/** A user's status: that of the most present of the live connections. */
export const statusOf = (connections: readonly Pick<Connection, 'status'>[]): PresenceStatus =>
  ORDER.find((status) => connections.some((connection) => connection.status === status)) ?? 'offline';

export const locateReply = (connections: readonly Connection[]): LocateReply => ({
  status: statusOf(connections),
  connections: connections.map(({ connectionId, gatewayId, device, timestamp }) => ({
    connectionId,
    gatewayId,
    timestamp,
    ...(device === undefined ? {} : { device }),
  })),
});
