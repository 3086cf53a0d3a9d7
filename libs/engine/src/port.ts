/**
 * The engine: everything that outlives a process. Small interfaces, one contract suite (`contract/`), two engines (`redis`, `embedded`).
 * All times are ms since the epoch by the engine's own clock; all ids are opaque strings checked at the edge.
 * Every call may reject with `EngineUnavailableError` (away, timed out, not writable: try again later); nothing else is expected.
 */
export interface Engine {
  readonly log: Log;
  readonly presence: Presence;
  readonly leases: Leases;
  /** Connects, loads scripts, checks the server's version. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when one round trip succeeded within `timeoutMs`. For health checks. */
  ping(timeoutMs: number): Promise<void>;
}

// ---------------------------------------------------------------- Log

/** Which log: a user's inbox or a conversation. */
export interface LogId {
  readonly kind: 'inbox' | 'conversation';
  readonly id: string;
}

/** What to append. The engine does not look into `body`. */
export interface NewEntry {
  readonly body: Buffer;
  /** (sender, id) is stored once within the idempotency window; without it the entry is always stored. */
  readonly idempotency?: { readonly sender: string; readonly id: string };
}

export interface LogEntry {
  /** The `messageId`: from 1, contiguous within one log. */
  readonly messageId: number;
  /** When it was stored, ms. */
  readonly timestamp: number;
  readonly body: Buffer;
}

export interface Appended {
  readonly messageId: number;
  readonly timestamp: number;
  /** Seen before: these are the first one's id and time, and nothing was stored. */
  readonly duplicate: boolean;
}

export interface AppendResult {
  readonly epoch: string;
  /** One for each entry, in order. */
  readonly appended: readonly Appended[];
  /** The owner's live connections at the instant of the append (empty for a conversation). */
  readonly connections: readonly Connection[];
}

export interface LogPage {
  /** Names the log's life (created when the log is first read or written); changes when its data was lost. */
  readonly epoch: string;
  /** Newest id ever given in this epoch; 0 for a log never written. */
  readonly lastMessageId: number;
  /** Oldest id still held; `lastMessageId + 1` when nothing is held. */
  readonly firstMessageId: number;
  /** In order; those with `after < messageId`, at most `limit`. */
  readonly entries: readonly LogEntry[];
}

/** A reader's place: its own (a device) or the log owner's (`device` undefined). */
export interface OpenOptions {
  readonly device?: string;
  /** Explicit cursor; wins over the saved one. */
  readonly after?: number;
  readonly limit: number;
}

export interface OpenResult extends LogPage {
  /** What the page was read after: `after` if given, else what this device, else what the owner (any device) last acknowledged, else 0. */
  readonly cursor: number;
}

/**
 * Contract: ids are contiguous however many append at once; an entry whose `append` resolved survives as the engine is configured to;
 * append, idempotency, and locating the connections are one atomic step, so a connection registered before an append is in its answer,
 * and one registered after it finds the entry by reading.
 */
export interface Log {
  append(log: LogId, entries: readonly NewEntry[]): Promise<AppendResult>;
  /** Reads one page after a cursor. */
  read(log: LogId, after: number, limit: number): Promise<LogPage>;
  /** Finds the reader's cursor and reads the first page after it, in one step. */
  open(log: LogId, options: OpenOptions): Promise<OpenResult>;
  /**
   * Moves the cursor of `device` (and the owner's) to `messageId`. Only forward, never past `lastMessageId`, and only in the epoch given
   * (another epoch: ignored). Returns the owner's cursor after it.
   */
  acknowledge(
    log: LogId,
    ack: { readonly device?: string; readonly messageId: number; readonly epoch: string },
  ): Promise<number>;
}

// ---------------------------------------------------------------- Presence

export type PresenceStatus = 'online' | 'away' | 'offline';

/** One live connection of a user. */
export interface Connection {
  readonly connectionId: string;
  readonly gatewayId: string;
  readonly device?: string;
  readonly status: PresenceStatus;
  /** When it was registered or last refreshed, ms. */
  readonly timestamp: number;
}

export interface NewConnection {
  readonly userId: string;
  readonly connectionId: string;
  readonly gatewayId: string;
  /** The gateway process's incarnation: sweeping a dead one leaves its successor's connections alone. */
  readonly incarnation: string;
  readonly device?: string;
  readonly status: PresenceStatus;
}

export interface RegisterResult {
  /** Live connections after it, this one included, oldest first. */
  readonly connections: readonly Connection[];
  /** Connections this one took the place of (same device; or the oldest beyond `maxConnections`). Already removed. */
  readonly replaced: readonly Connection[];
  /** The user had no live connection before. */
  readonly cameOnline: boolean;
}

export interface RemoveResult {
  /** False: it was not there (removed, swept or expired before). */
  readonly removed: boolean;
  /** Live connections left. */
  readonly remaining: number;
  /** Present when none is left: when the user was last seen, ms. */
  readonly lastSeen?: number;
}

/**
 * Contract: an entry per connection id, which no two connections share; removing or refreshing one never touches another's. An entry not
 * refreshed for the TTL (90 s) is gone: never returned, even if the others of that user live on.
 */
export interface Presence {
  /** Adds (or overwrites, by connection id) and applies the device and count rules, in one atomic step. */
  register(connection: NewConnection, maxConnections: number): Promise<RegisterResult>;
  remove(userId: string, connectionId: string): Promise<RemoveResult>;
  /** Extends what is still there; returns the connection ids that are not (swept or expired: the caller registers them again). */
  refresh(
    connections: readonly { readonly userId: string; readonly connectionId: string }[],
  ): Promise<readonly string[]>;
  /** Live connections, oldest first. */
  locate(userId: string): Promise<readonly Connection[]>;
  /** Connections that a gateway process has registered and not removed: for the sweep after its death. In pages, `cursor` '0' first and last. */
  ofGateway(
    gatewayId: string,
    incarnation: string,
    cursor: string,
    limit: number,
  ): Promise<{
    readonly cursor: string;
    readonly connections: readonly { readonly userId: string; readonly connectionId: string }[];
  }>;
}

// ---------------------------------------------------------------- Leases

/** Instances' leases; fits the mesh's `LeaseStore` by shape. */
export interface Leases {
  hold(
    leases: readonly LeaseRecord[],
    ttlMs: number,
  ): Promise<
    | { readonly held: true; readonly live: readonly (LeaseRecord & { readonly remainingMs: number })[] }
    | { readonly held: false; readonly reason: 'taken' }
  >;
  release(leases: readonly LeaseRecord[]): Promise<void>;
}

export interface LeaseRecord {
  readonly role: string;
  readonly id: string;
  readonly incarnation: string;
}

export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
}

/** Settings common to both engines; all times ms. */
export interface EngineSettings {
  /** A presence entry's life without refresh: 90,000. */
  readonly presenceTtlMs: number;
  /** How long (sender, id) is remembered at least: 86,400,000. */
  readonly idempotencyWindowMs: number;
  /** Entries kept in one log: 10,000. */
  readonly logMaxLength: number;
  /** Age up to which entries are kept: 30 days. */
  readonly logMaxAgeMs: number;
}
