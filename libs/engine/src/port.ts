import type { Conversations } from './port/conversations.js';
import type { Log } from './port/log.js';
import type { Presence } from './port/presence.js';
import type { Watchers } from './port/watchers.js';

export type * from './port/conversations.js';
export type * from './port/log.js';
export type * from './port/position.js';
export type * from './port/presence.js';
export type * from './port/watchers.js';

/**
 * The engine: everything that outlives a process. Small interfaces, one contract suite (`contract/`), two engines (`redis`, `embedded`).
 * All times are ms since the epoch by the engine's own clock; all ids are opaque strings checked at the edge.
 * Every call may reject with `EngineUnavailableError` (away, timed out, not writable: try again later); nothing else is expected.
 */
export interface Engine {
  readonly log: Log;
  readonly presence: Presence;
  readonly watchers: Watchers;
  readonly conversations: Conversations;
  readonly leases: Leases;
  /** Connects, loads scripts, checks the server's version. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when one round trip succeeded within `timeoutMs`. For health checks. */
  ping(timeoutMs: number): Promise<void>;
}

// ---------------------------------------------------------------- Leases

/** Instances' leases; fits the mesh's `LeaseStore` by shape. */
export interface Leases {
  /**
   * `next` is the incarnation to hold them as where one of them is not held (any more); `renewed` tells. A lease held by `next` counts as the
   * caller's own.
   */
  hold(
    leases: readonly LeaseRecord[],
    ttlMs: number,
    next?: string,
  ): Promise<
    | {
        readonly held: true;
        readonly live: readonly (LeaseRecord & { readonly remainingMs: number })[];
        readonly renewed: boolean;
      }
    | { readonly held: false; readonly reason: 'taken' }
  >;
  release(leases: readonly LeaseRecord[]): Promise<void>;
}

export interface LeaseRecord {
  readonly role: string;
  readonly id: string;
  readonly incarnation: string;
  readonly leaving?: boolean;
}

export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
}

/** Settings common to both engines; all times ms. */
export interface EngineSettings {
  /** The life without refresh of a presence entry, a watcher and a subscription: 90,000. */
  readonly presenceTtlMs: number;
  /** How long (sender, id) is remembered at least: 86,400,000. */
  readonly idempotencyWindowMs: number;
  /** Entries kept in one log: 10,000. */
  readonly logMaxLength: number;
  /** Age up to which entries are kept: 30 days. */
  readonly logMaxAgeMs: number;
}
