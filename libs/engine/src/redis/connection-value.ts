import type { Connection, NewConnection, PresenceStatus } from '../port.js';
import { jsonText } from './json-text.js';
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
  const { status, device } = connection;
  const named = device === undefined ? '' : `,"device":${jsonText(device)}`;
  return `${processPart(connection)}"status":"${status}"${named}}`;
}

/** How the tail of every value of this process begins: its process comes first. */
export function processPart({
  gatewayId: gateway,
  incarnation,
}: Pick<NewConnection, 'gatewayId' | 'incarnation'>): string {
  return `"gateway":${jsonText(gateway)},"incarnation":${jsonText(incarnation)},`;
}

/** Reads `{id, value, …}` as scripts return it; oldest first. */
export function toConnections(flat: readonly Reply[]): Connection[] {
  if (flat.length === 2) return [toConnection(String(flat[0]), toValue(flat[1]))];
  const found: { readonly id: string; readonly value: ConnectionValue }[] = [];
  for (let i = 0; i < flat.length; i += 2) found.push({ id: String(flat[i]), value: toValue(flat[i + 1]) });
  found.sort((a, b) => a.value.since - b.value.since);
  return found.map(({ id, value }) => toConnection(id, value));
}

function toConnection(connectionId: string, { gateway: gatewayId, status, timestamp, device }: ConnectionValue) {
  return device === undefined
    ? { connectionId, gatewayId, status, timestamp }
    : { connectionId, gatewayId, status, timestamp, device };
}

export function toValue(reply: Reply | undefined): ConnectionValue {
  return JSON.parse(String(reply)) as ConnectionValue;
}

/** The part of a value from `"gateway"` to `"status":`, as lua/refresh.lua returns it. */
export function toGatewayProcess(part: Reply): GatewayProcess {
  return JSON.parse(`{${String(part)}null}`) as GatewayProcess;
}
