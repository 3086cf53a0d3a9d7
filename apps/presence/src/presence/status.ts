import type { LocateReply } from '#contract';
import type { UserPresence } from '#engine';

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
