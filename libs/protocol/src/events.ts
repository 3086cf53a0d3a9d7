import type { PresenceStatus, Ref } from './commands.js';
import type { ErrorCode } from './errors.js';

export interface RegisteredEvent {
  readonly type: 'registered';
  readonly ref?: Ref;
  readonly content: 'Successfully registered';
  readonly userId: string;
  readonly connectionId: string;
  readonly gatewayId: string;
  /** Newest in the inbox. */
  readonly lastMessageId: number;
  readonly epoch: string;
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number };
  /** False: what the cursor asked for is no longer held; resync. */
  readonly resumed: boolean;
}

export interface PongEvent {
  readonly type: 'pong';
  readonly ref?: Ref;
}

export interface MessageEvent {
  readonly type: 'message';
  readonly from: string;
  readonly content: string;
  readonly to?: string;
  readonly conversation?: string;
  /** Absent on ephemeral messages. */
  readonly messageId?: number;
  readonly kind: string;
  /** ms, server. */
  readonly timestamp: number;
  /** The sender's. */
  readonly id?: string;
}

export interface AcceptedEvent {
  readonly type: 'accepted';
  readonly ref?: Ref;
  /** Absent for ephemeral messages. */
  readonly messageId?: number;
  readonly timestamp: number;
  readonly id?: string;
  readonly duplicate?: true;
}

/** Someone received or read the sender's messages up to this one. */
export interface ReceiptEvent {
  readonly type: 'receipt';
  readonly to: string;
  readonly messageId: number;
  readonly status: 'delivered' | 'read';
  /** ms, server. */
  readonly timestamp: number;
}

export interface AckedEvent {
  readonly type: 'acked';
  readonly ref?: Ref;
}

export interface SyncedEvent {
  readonly type: 'synced';
  readonly ref?: Ref;
  readonly messages: readonly MessageEvent[];
  readonly hasMore: boolean;
  readonly epoch: string;
}

/** Message ids in the inbox of `to` up to which messages were delivered and read; 0: none. */
export interface StatusEvent {
  readonly type: 'status';
  readonly ref?: Ref;
  readonly to: string;
  readonly delivered: number;
  readonly read: number;
}

export interface OkEvent {
  readonly type: 'ok';
  readonly ref?: Ref;
}

export interface WatchedUser {
  readonly userId: string;
  readonly status: PresenceStatus;
  /** ms; only while offline, and only where it is known. */
  readonly lastSeen?: number;
}

/** To `watch`: today's statuses. To `unwatch`: of nobody. */
export interface WatchingEvent {
  readonly type: 'watching';
  readonly ref?: Ref;
  readonly statuses: readonly WatchedUser[];
}

/** The status of a watched user has changed. */
export interface PresenceEvent extends WatchedUser {
  readonly type: 'presence';
}

export interface SubscribedEvent {
  readonly type: 'subscribed';
  readonly ref?: Ref;
  readonly conversation: string;
  /** Newest in the conversation. */
  readonly lastMessageId: number;
  readonly epoch: string;
  /** False: what the cursor asked for is no longer held; resync. */
  readonly resumed: boolean;
}

/** Without `ref` where nobody asked: the user is no member any more. */
export interface UnsubscribedEvent {
  readonly type: 'unsubscribed';
  readonly ref?: Ref;
  readonly conversation: string;
}

export interface ConversationOverview {
  readonly conversation: string;
  readonly lastMessageId: number;
  /** Up to which the user has read. */
  readonly read: number;
  readonly unread: number;
}

export interface ConversationsEvent {
  readonly type: 'conversations';
  readonly ref?: Ref;
  /** Newest first. */
  readonly conversations: readonly ConversationOverview[];
}

export interface ClosingEvent {
  readonly type: 'closing';
  readonly reason: string;
  readonly reconnectAfterMs: number;
}

export interface ErrorEvent {
  readonly type: 'error';
  readonly ref?: Ref;
  readonly error: string;
  readonly code: ErrorCode;
  readonly retryAfterMs?: number;
  /** Type of the command it answers, where that is known. Encodings that answer commands by kind need it; JSON leaves it out. */
  readonly command?: string;
}

export type ServerEvent =
  | RegisteredEvent
  | PongEvent
  | MessageEvent
  | AcceptedEvent
  | ReceiptEvent
  | AckedEvent
  | SyncedEvent
  | StatusEvent
  | OkEvent
  | WatchingEvent
  | PresenceEvent
  | SubscribedEvent
  | UnsubscribedEvent
  | ConversationsEvent
  | ClosingEvent
  | ErrorEvent;
export type EventType = ServerEvent['type'];
