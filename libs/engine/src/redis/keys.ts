import type { LogId } from '../port.js';

const HEX: Readonly<Record<string, string>> = { '{': '%7B', '}': '%7D', '%': '%25' };

/** An id as part of a key. Braces would open or close a hash tag of their own (and `%` would make two ids one key), so these three are percent-escaped. */
export function escapeId(id: string): string {
  return /[{}%]/.test(id) ? id.replace(/[{}%]/g, (c) => HEX[c] ?? c) : id;
}

/**
 * The keys of one user, or of one conversation. `owner` is the hash tag of all of them: `presence:alice` without braces falls into the
 * same slot as `inbox:{presence:alice}`. A script derives the two generations of `idem:{<owner>}:<window>` itself, within the same tag.
 */
export interface LogKeys {
  readonly owner: string;
  readonly log: string;
  readonly meta: string;
}

export function logKeys({ kind, id }: LogId): LogKeys {
  const owner = kind === 'inbox' ? presenceKey(id) : `conversation:${escapeId(id)}`;
  return { owner, log: `${kind === 'inbox' ? 'inbox' : 'log'}:{${owner}}`, meta: `meta:{${owner}}` };
}

/** A hash, a field per live connection: what operators read with `HGETALL presence:alice` (PROTOCOL.md §9). */
export function presenceKey(userId: string): string {
  return `presence:${escapeId(userId)}`;
}

/** A set of `["<user id>","<connection id>"]`: what one gateway process has registered. */
export function indexKey(gatewayId: string, incarnation: string): string {
  return `connections:{${escapeId(gatewayId)}/${escapeId(incarnation)}}`;
}

/** A hash of all instances' leases. */
export const LEASES_KEY = 'leases';

/** A lease's field: `gateway/gateway-01`. */
export function leaseField(role: string, id: string): string {
  return `${role.replace(/[/%]/g, (c) => (c === '/' ? '%2F' : '%25'))}/${id}`;
}
