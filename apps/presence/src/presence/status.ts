import type { LocateReply, UserStatus } from '#contract';
import type { UserPresence } from '#engine';
import type { Announcement } from './transitions.js';

/** As gateways are told it: a `lastSeen` that is not there is not sent. */
export const userStatus = (userId: string, { status, version, lastSeen }: Announcement): UserStatus =>
  lastSeen === undefined ? { userId, status, version } : { userId, status, version, lastSeen };

/** For those who serve the user, or run the service: unlike `status`, the connections show one that appears offline. */
export const locateReply = ({ connections, visible: { status, lastSeen } }: UserPresence): LocateReply => ({
  status,
  ...(lastSeen === undefined ? {} : { lastSeen }),
  connections: connections.map(({ connectionId, gatewayId, device, timestamp }) => ({
    connectionId,
    gatewayId,
    timestamp,
    ...(device === undefined ? {} : { device }),
  })),
});
