/** What the presence service answers to. By key: the user id. */
export const PRESENCE = {
  /** ask `RegisterRequest` → `RegisterReply`. Idempotent. */
  register: 'presence.register',
  /** ask `RemoveRequest` → `RemoveReply`. Idempotent. */
  remove: 'presence.remove',
  /** ask `RefreshRequest` → `RefreshReply`, to the instance that owns all its users. Idempotent. */
  refresh: 'presence.refresh',
  /** ask `LocateRequest` → `LocateReply`. Idempotent. */
  locate: 'presence.locate',
} as const;

export interface RegisterRequest {
  readonly userId: string;
  readonly connectionId: string;
  readonly gatewayId: string;
  readonly incarnation: string;
  readonly device?: string;
}

export interface RegisterReply {
  /** Live connections of the user, this one included. */
  readonly connections: number;
}

export interface RemoveRequest {
  readonly userId: string;
  readonly connectionId: string;
}

export interface RemoveReply {
  readonly removed: boolean;
}

export interface RefreshRequest {
  readonly connections: readonly { readonly userId: string; readonly connectionId: string }[];
}

export interface RefreshReply {
  /** Connection ids no longer known: register them again. */
  readonly missing: readonly string[];
}

export interface LocateRequest {
  readonly userId: string;
}

export interface LocateReply {
  readonly status: 'online' | 'away' | 'offline';
  readonly connections: readonly {
    readonly connectionId: string;
    readonly gatewayId: string;
    readonly device?: string;
    readonly timestamp: number;
  }[];
}
