import type { WireEntry } from './router.js';

/** What a gateway listens for. Sent to one instance. */
export const GATEWAY = {
  /** tell `DeliverNotice`: live messages for a user's sessions here. */
  deliver: 'session.deliver',
  /** tell `CloseNotice`: close one connection. */
  close: 'session.close',
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
