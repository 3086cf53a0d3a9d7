import type { UserStatus } from './presence.js';
import type { WireEntry } from './router.js';

/** What a gateway listens for. Sent to one instance. */
export const GATEWAY = {
  /** tell `DeliverNotice`: live messages for a user's sessions here. */
  deliver: 'session.deliver',
  /** tell `CloseNotice`: close one connection. */
  close: 'session.close',
  /** ask `CloseNotice` → `{}`: as `close`, answered once what that connection was served is saved: a successor may read its cursor. */
  replace: 'session.replace',
  /** tell `ConversationNotice`: live messages of a conversation for its subscribers here. */
  conversation: 'session.conversation',
  /** tell `ReceiptNotice`: for the sender's sessions here. */
  receipt: 'session.receipt',
  /** tell `PresenceNotice`: a watched user's status has changed. */
  presence: 'session.presence',
  /** tell `RemovedNotice`: a membership has ended. */
  removed: 'session.removed',
  /** tell `BroadcastNotice`: to every session here. */
  broadcast: 'session.broadcast',
} as const;

export interface DeliverNotice {
  readonly userId: string;
  /** The life of the log that the ids belong to; '' when all entries are ephemeral (the log was not asked). */
  readonly epoch: string;
  /**
   * In log order, ids strictly rising; ephemeral ones (id 0) in between. May begin at or below what a session has sent: after a failure
   * whose outcome nobody saw, a repeated message is delivered again, for the session to drop or to find its gap by.
   */
  readonly entries: readonly WireEntry[];
}

export interface CloseNotice {
  readonly connectionId: string;
  /** WebSocket close code (PROTOCOL.md §6). */
  readonly code: number;
  readonly reason: string;
}

export interface ConversationNotice {
  readonly conversation: string;
  /** As in `DeliverNotice`. */
  readonly epoch: string;
  readonly entries: readonly WireEntry[];
}

export interface ReceiptNotice {
  /** The sender: whose sessions are told. */
  readonly userId: string;
  /** Who received or read. */
  readonly to: string;
  /** All of the sender's messages in that inbox up to this one. */
  readonly messageId: number;
  readonly status: 'delivered' | 'read';
  /** ms. */
  readonly timestamp: number;
}

export type PresenceNotice = UserStatus;

export interface RemovedNotice {
  readonly conversation: string;
  readonly userId: string;
}

export interface BroadcastNotice {
  readonly from: string;
  readonly content: string;
  readonly kind: string;
  /** ms. */
  readonly timestamp: number;
}
