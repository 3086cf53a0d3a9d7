import type { InboxPosition } from './position.js';

/** What the presence service answers to. By key: the user id. */
export const PRESENCE = {
  /** ask `RegisterRequest` → `RegisterReply`. Idempotent. */
  register: 'presence.register',
  /** ask `EnterRequest` → `EnterReply`, to the instance that owns all its users: as `register`, of connections that were forgotten. Idempotent. */
  enter: 'presence.enter',
  /** ask `SweepRequest` → `SweepReply`, to the instance that owns all its users. Idempotent. */
  sweep: 'presence.sweep',
  /** ask `RemoveRequest` → `RemoveReply`. Idempotent. */
  remove: 'presence.remove',
  /** ask `RefreshRequest` → `RefreshReply`, to the instance that owns all its users. Idempotent. */
  refresh: 'presence.refresh',
  /** ask `LocateRequest` → `LocateReply`. Idempotent. */
  locate: 'presence.locate',
  /** ask `SetStatusRequest` → `SetStatusReply`. Idempotent. */
  setStatus: 'presence.status',
  /** ask `WatchRequest` → `WatchReply`, to the instance that owns all its users; repeated before the TTL (90 s) ends. Idempotent. */
  watch: 'presence.watch',
  /** tell `UnwatchRequest`, to the instance that owns all its users. */
  unwatch: 'presence.unwatch',
  /** ask `SpendRequest` → `SpendReply`, to the instance that owns all its users. Not idempotent: repeated, it would be charged twice. */
  spend: 'presence.spend',
} as const;

export interface RegisterRequest {
  readonly userId: string;
  readonly connectionId: string;
  readonly gatewayId: string;
  readonly incarnation: string;
  readonly device?: string;
  /** What the connection had set, when it is registered again; default `online`. */
  readonly status?: VisibleStatus;
  /** The place that it had (`RegisterReply.since`), when it is registered again. */
  readonly since?: number;
  /** When it was asked, by a clock of the gateway process's that only goes forward, ms: one that comes late must not beat what came meanwhile. */
  readonly askedAt?: number;
  /** How long ago that was when it was sent, ms: it is sent again where it is not answered. Default 0. */
  readonly waitedMs?: number;
  /** It also opens the user's inbox, as an `OpenRequest` with this cursor would, and asks where it stands there. */
  readonly opens?: boolean;
  readonly lastMessageId?: number;
}

export interface RegisterReply {
  /** Live connections of the user, this one included. */
  readonly connections: number;
  /** Its place among the user's connections: rises with each new one. */
  readonly since: number;
  /** Registered again, or answered, too late: newer ones have its place, it is to be closed (PROTOCOL.md §4.8). */
  readonly outranked?: true;
  /** Of one that opens the inbox. */
  readonly inbox?: InboxPosition;
}

export interface EnterRequest {
  readonly connections: readonly RegisterRequest[];
}

export interface EnterReply {
  /** Connection ids whose place newer ones have: they are to be closed. */
  readonly outranked: readonly string[];
  /** Connection ids that could not be entered just now: ask again later. */
  readonly failed: readonly string[];
}

/** A dead gateway process's connections: removed unless they have been entered again by another process. */
export interface SweepRequest {
  readonly gatewayId: string;
  readonly incarnation: string;
  readonly connections: readonly { readonly userId: string; readonly connectionId: string }[];
}

export interface SweepReply {
  readonly removed: number;
}

export interface RemoveRequest {
  readonly userId: string;
  readonly connectionId: string;
}

export interface RemoveReply {
  readonly removed: boolean;
}

export interface RefreshRequest {
  /** Who refreshes, and when by its clock, as in `RegisterRequest`. */
  readonly incarnation?: string;
  readonly askedAt?: number;
  readonly connections: readonly { readonly userId: string; readonly connectionId: string }[];
}

export interface RefreshReply {
  /** Connection ids no longer known: register them again. */
  readonly missing: readonly string[];
}

export interface LocateRequest {
  readonly userId: string;
}

export type VisibleStatus = 'online' | 'away' | 'offline';

export interface LocateReply {
  readonly status: VisibleStatus;
  /** When the user was last visible, ms; only while offline, and only where it is known. */
  readonly lastSeen?: number;
  /** All of them, also of a user who appears offline: not for other users' eyes. */
  readonly connections: readonly {
    readonly connectionId: string;
    readonly gatewayId: string;
    readonly device?: string;
    readonly timestamp: number;
  }[];
}

export interface SetStatusRequest {
  readonly userId: string;
  readonly connectionId: string;
  /** `offline`: appear offline while connected. */
  readonly status: VisibleStatus;
}

export type SetStatusReply = Readonly<Record<string, never>>;

export interface WatchRequest {
  readonly gatewayId: string;
  readonly incarnation: string;
  readonly userIds: readonly string[];
}

export interface WatchReply {
  readonly statuses: readonly UserStatus[];
}

export type UnwatchRequest = WatchRequest;

/** What a user has sent to one gateway since its last report. */
export interface UserSpent {
  readonly userId: string;
  readonly frames: number;
}

export interface SpendRequest {
  readonly users: readonly UserSpent[];
}

export interface SpendReply {
  /** Those who have spent too much over all gateways, and for how long nothing of theirs is to be taken. */
  readonly limited: readonly { readonly userId: string; readonly forMs: number }[];
}

/** What others see of a user. */
export interface UserStatus {
  readonly userId: string;
  readonly status: VisibleStatus;
  /** When the user was last visible, ms; only while offline. */
  readonly lastSeen?: number;
  /** Rises with each change of one user's status: of two, the higher is the truth. */
  readonly version: number;
}
