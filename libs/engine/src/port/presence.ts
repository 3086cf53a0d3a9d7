import type { LogPosition } from './position.js';
import type { GatewayProcess } from './watchers.js';

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
  /**
   * Of a connection that is entered again after it was forgotten: the place it had (`RegisterResult.since`). It takes that place again, before
   * those that came after it.
   */
  readonly since?: number;
  /** Of a new one that comes late: it was asked for so long ago, ms, and takes the place it would have had. */
  readonly lateMs?: number;
  /** It also opens the user's inbox, as `Log.open` for its device would, and asks where it stands there. */
  readonly opening?: { readonly after?: number };
}

/**
 * What others see of a user: the best status of the live connections, online > away > offline. A connection whose status is `offline` is not
 * seen, and leaves no trace here when it goes.
 */
export interface Visible {
  readonly status: PresenceStatus;
  /** What it was before this call: another than `status` in the one call that changed it, or was the first to find an expiry. */
  readonly before: PresenceStatus;
  /**
   * When that last changed: the engine's clock, ms, made to rise strictly with every change of one user's, across restarts too. Expiry
   * counts from the first call that answers with this. 0: never seen.
   */
  readonly version: number;
  /**
   * When the user was last visible, ms; only while offline, and if ever. Of an expiry that nobody noticed at once: the latest it can have been.
   */
  readonly lastSeen?: number;
}

export interface RegisterResult {
  /** Live connections after it, this one included unless `outranked`. */
  readonly live: number;
  /** Connections this one took the place of (same device; or the oldest beyond `maxConnections`). Already removed. */
  readonly replaced: readonly Connection[];
  /** The user had no live connection before. */
  readonly cameOnline: boolean;
  /** Its place among the user's connections, which rises strictly with each new one; about the engine's time of its coming, ms. */
  readonly since: number;
  /** Entered again, or come, too late: later ones of its device, or as many as are allowed, have its place. It was not added. */
  readonly outranked: boolean;
  readonly visible: Visible;
  /** Who watched the user at that very instant; absent where an engine does not tell (then `Watchers.of`). */
  readonly watchers?: readonly GatewayProcess[];
  /** Of one that opens the inbox and is not outranked: where it stands there. Whatever is appended behind that finds the connection. */
  readonly inbox?: LogPosition;
}

export interface RemoveResult {
  /** False: it was not there (removed, swept or expired before). */
  readonly removed: boolean;
  /** Live connections left. */
  readonly remaining: number;
  readonly visible: Visible;
}

export interface StatusResult {
  /** False: the connection had this status, or is not there. */
  readonly changed: boolean;
  /** Live connections after it, oldest first. */
  readonly connections: readonly Connection[];
  readonly visible: Visible;
}

export interface UserPresence {
  readonly userId: string;
  /** Live ones, oldest first. */
  readonly connections: readonly Connection[];
  readonly visible: Visible;
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
  /** Sets the status of one live connection, and nothing else of it; its life is not extended. */
  setStatus(userId: string, connectionId: string, status: PresenceStatus): Promise<StatusResult>;
  /** Live connections of many users, in the order asked. */
  describe(userIds: readonly string[]): Promise<readonly UserPresence[]>;
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
  /**
   * Removes those of these connections that are still that gateway process's, in the order given: one that has been registered again by another
   * process (a gateway that goes on under a new incarnation) stays.
   */
  sweep(
    gateway: GatewayProcess,
    connections: readonly { readonly userId: string; readonly connectionId: string }[],
  ): Promise<readonly RemoveResult[]>;
}
