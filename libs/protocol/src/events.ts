import type { Ref } from './commands.js';
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
  | ClosingEvent
  | ErrorEvent;
export type EventType = ServerEvent['type'];
