import type { GatewayProcess, LogId } from '../port.js';

const HEX: Readonly<Record<string, string>> = { '{': '%7B', '}': '%7D', '%': '%25' };

/** An id as part of a key. Braces would open or close a hash tag of their own (and `%` would make two ids one key), so these three are percent-escaped. */
export function escapeId(id: string): string {
  return /[{}%]/.test(id) ? id.replace(/[{}%]/g, (c) => HEX[c] ?? c) : id;
}

/**
 * The keys of one user, or of one conversation. `owner` is the hash tag of all of them: `presence:alice` without braces falls into the
 * same slot as `inbox:{presence:alice}`. lua/append.lua derives the
 * others from it, among them the two generations of `idem:{<owner>}:<window>`.
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

/**
 * All keys that an append may touch. A cluster has to be told them: while a slot moves, it is by the keys of a call that a node knows whether it has
 * all of them; of one that it was not told it would make a second one. The window is the server's; with its neighbours it is among these whatever
 * this process's clock says.
 */
export function appendKeys(id: LogId, windowMs: number, now: number): string[] {
  const { owner, log, meta } = logKeys(id);
  const window = Math.floor(now / windowMs);
  const remembered = [-2, -1, 0, 1].map((n) => `idem:{${owner}}:${window + n}`);
  const beside = id.kind === 'conversation' ? conversationKeys(id.id) : undefined;
  return [owner, log, meta, ...remembered, ...(beside ? [beside.members, beside.subscribers] : [])];
}

/** What a conversation has beside its log, in the same slot. */
export interface ConversationKeys extends LogKeys {
  /** A hash: user → since when, and how far that member has come (lua/member.lua). */
  readonly members: string;
  /** A hash of gateways (lua/gateways.lua). */
  readonly subscribers: string;
}

export function conversationKeys(id: string): ConversationKeys {
  const keys = logKeys({ kind: 'conversation', id });
  return { ...keys, members: `members:{${keys.owner}}`, subscribers: `subscribers:{${keys.owner}}` };
}

/** What tells how far readers have come; a conversation's have their places where its members are. */
export function readerKeys(id: LogId): string[] {
  const { log, meta } = logKeys(id);
  return id.kind === 'inbox' ? [log, meta] : [log, meta, conversationKeys(id.id).members];
}

/** A sorted set: the conversations that a user is a member of, by when the user joined. In the user's slot. */
export function membershipsKey(userId: string): string {
  return `conversations:{${presenceKey(userId)}}`;
}

/** A hash of gateways (lua/gateways.lua): who is told of the user's status. In the user's slot. */
export function watchersKey(userId: string): string {
  return `watchers:{${presenceKey(userId)}}`;
}

/** A gateway process as a field: `<gateway id> <incarnation>`, the id without spaces. */
export function gatewayField({ gatewayId, incarnation }: GatewayProcess): string {
  return `${gatewayId.replace(/[ %]/g, (c) => (c === ' ' ? '%20' : '%25'))} ${incarnation}`;
}

export function toGateway(field: string): GatewayProcess {
  const end = field.indexOf(' ');
  const gatewayId = field.slice(0, end).replace(/%2[05]/g, (c) => (c === '%20' ? ' ' : '%'));
  return { gatewayId, incarnation: field.slice(end + 1) };
}

/** The gateways of a hash of gateway processes, each once. */
export function gatewayIds(fields: readonly unknown[]): string[] {
  return [...new Set(fields.map((field) => toGateway(String(field)).gatewayId))];
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
