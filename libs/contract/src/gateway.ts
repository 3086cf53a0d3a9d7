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
  readonly epoch: string;
  /** In log order; ephemeral ones (id 0) in between. */
  readonly entries: readonly WireEntry[];
}

export interface CloseNotice {
  readonly connectionId: string;
  /** WebSocket close code (PROTOCOL.md §6). */
  readonly code: number;
  readonly reason: string;
}
