import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '#actor';
import type { Carrier } from './carrier.js';
import type { Layouts } from './frame/layout.js';
import type { LeaseStore } from './lease-store.js';

/** How to make a mesh node. All instances of one mesh use the same `beatMs` and `ttlMs`. */
export interface MeshOptions {
  /** Unique among live instances, e.g. `gateway-01`. Neither `*` nor with a colon. */
  readonly id: string;
  /** What this process plays, at least one; the first names its reply address. `mesh` is taken. */
  readonly roles: readonly string[];
  readonly carrier: Carrier;
  readonly leases: LeaseStore;
  /** Default: random. */
  readonly incarnation?: string;
  readonly clock?: Clock;
  /** Between two renewals of the lease, ms; default 1,000. */
  readonly beatMs?: number;
  /** Life of the lease, ms; default 5,000. */
  readonly ttlMs?: number;
  /**
   * How much longer than its life a lease counts as held while the store fails whoever asks it, ms; default 0. For stores that can be away while
   * the carrier works (one shard of several): nobody can take over then, and fencing all would stop a mesh that could go on.
   */
  readonly adriftMs?: number;
  /** How long `leave` waits, at most, until all that this process was asked is answered, ms; default 0. */
  readonly leaveMs?: number;
  /** Asks that may wait at once; more are refused with remote code `overloaded`. Default 100,000. */
  readonly maxPending?: number;
  /** How the data of hot patterns travels; the same for all instances of one mesh. Default: all of it with its field names. */
  readonly layouts?: Layouts;
  /** No frame is larger, except for a single packet that is; at least 4 KiB, default 1 MiB. */
  readonly maxFrameBytes?: number;
  /** As many packets for one address leave before the turn ends; default 1,000. */
  readonly maxFramePackets?: number;
  /** What went wrong without anybody to tell, for the log. Default: a process warning. */
  readonly onError?: (error: unknown, doing: string) => void;
}

export type Settings = Required<MeshOptions>;

export function settle(options: MeshOptions): Settings {
  check(options);
  return {
    incarnation: randomUUID(),
    clock: systemClock,
    beatMs: 1_000,
    ttlMs: 5_000,
    adriftMs: 0,
    leaveMs: 0,
    maxPending: 100_000,
    layouts: {},
    maxFrameBytes: 1_048_576,
    maxFramePackets: 1_000,
    onError: (error, doing) => process.emitWarning(`mesh: ${doing}: ${String(error)}`),
    ...dropUndefined(options),
  };
}

function check({ id, roles, beatMs = 1_000, ttlMs = 5_000 }: MeshOptions): void {
  const named = (name: string): boolean => /^[^:*\s]+$/.test(name);
  if (!named(id)) throw new Error(`Mesh id "${id}": allowed is anything without colon, asterisk and white space`);
  if (roles.length === 0 || !roles.every((role) => named(role) && role !== 'mesh')) {
    throw new Error(
      `Mesh roles [${roles.join(', ')}]: at least one, none "mesh", none with colon, asterisk or white space`,
    );
  }
  if (ttlMs < 2 * beatMs) throw new Error(`Mesh ttlMs ${ttlMs}: at least twice beatMs (${beatMs})`);
}

/** So that `{ clock: undefined }` means the default. */
function dropUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
