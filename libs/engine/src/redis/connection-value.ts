import type { Connection, NewConnection, PresenceStatus } from '../port.js';
import type { Reply } from './redis-server.js';

/**
 * The value of a presence field. Readable JSON whose first members have fixed places, for the scripts (lua/live.lua):
 * `{"timestamp":…,"since":…,"gateway":"gateway-01","incarnation":"…","status":"online","device":"phone"}`.
 */
interface ConnectionValue {
  readonly timestamp: number;
  readonly since: number;
  readonly gateway: string;
  readonly incarnation: string;
  readonly status: PresenceStatus;
  readonly device?: string;
}

/** The gateway process of a connection. */
export type GatewayProcess = Pick<ConnectionValue, 'gateway' | 'incarnation'>;

/** All of a value but its times, which the script puts before it. */
export function valueTail(connection: NewConnection): string {
  const { gatewayId: gateway, incarnation, status, device } = connection;
  return JSON.stringify({ gateway, incarnation, status, device }).slice(1);
}

/** How every value of this device ends. JSON escapes quotes within strings, so nothing else ends like that. */
export function deviceEnding(device: string | undefined): string {
  return device === undefined ? '' : `,"device":${JSON.stringify(device)}}`;
}

/** Reads `{id, value, …}` as scripts return it; oldest first. */
export function toConnections(flat: readonly Reply[]): Connection[] {
  if (flat.length === 0) return [];
  const values: (ConnectionValue & { id: string })[] = [];
  for (let i = 0; i < flat.length; i += 2) values.push({ ...toValue(flat[i + 1]), id: String(flat[i]) });
  values.sort((a, b) => a.since - b.since);
  return values.map(({ id, timestamp, gateway, status, device }) => ({
    connectionId: id,
    gatewayId: gateway,
    status,
    timestamp,
    ...(device !== undefined && { device }),
  }));
}

export function toValue(reply: Reply | undefined): ConnectionValue {
  return JSON.parse(String(reply)) as ConnectionValue;
}

/** The part of a value from `"gateway"` to `"status":`, as lua/refresh.lua returns it. */
export function toGatewayProcess(part: Reply): GatewayProcess {
  return JSON.parse(`{${String(part)}null}`) as GatewayProcess;
}
