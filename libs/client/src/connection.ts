import type { Command, ErrorEvent, MessageEvent, RegisteredEvent, ServerEvent } from '#protocol';
import type { Backoff } from './backoff.js';
import type { Cursor } from './cursor.js';

/**
 * The vocabulary of the connection's state machine: `transition.ts` decides, `client.ts` carries out.
 * Every phase has at most one timer; leaving the phase ends it.
 */
export type Phase = 'idle' | 'connecting' | 'registering' | 'live' | 'waiting' | 'closing' | 'closed';

/** Who registers. */
export interface Identity {
  readonly userId: string;
  readonly device?: string;
  readonly ack?: 'auto' | 'manual';
}

/** How a connection ended for good. */
export interface Ended {
  /** Close code (PROTOCOL.md §6); 1006 where no close frame came. */
  readonly code: number;
  readonly reason: string;
  /** The error that the server answered the registration with. */
  readonly error?: ErrorEvent;
}

export interface Connection {
  readonly phase: Phase;
  readonly identity?: Identity;
  readonly cursor: Cursor;
  /** Connections lost in a row. */
  readonly failures: number;
  /** Has been live at least once. */
  readonly known: boolean;
  /** When it became live (ms). */
  readonly liveSince: number;
  /** The registration is under way; false while waiting to ask again. */
  readonly asked: boolean;
  readonly heartbeatMs: number;
  /** `resting`: the next ping is due when the timer fires. Else a ping was sent, and `heard` says whether anything came since. */
  readonly beat: 'resting' | 'unanswered' | 'heard';
  /** Asked for by the server's `closing` (ms). */
  readonly reconnectAfterMs: number;
  readonly ended?: Ended;
}

export const IDLE: Connection = {
  phase: 'idle',
  cursor: {},
  failures: 0,
  known: false,
  liveSince: 0,
  asked: false,
  heartbeatMs: 0,
  beat: 'resting',
  reconnectAfterMs: 0,
};

export type Input =
  | { readonly type: 'register'; readonly identity: Identity; readonly cursor: Cursor }
  | { readonly type: 'opened' }
  | { readonly type: 'frame'; readonly event: ServerEvent }
  /** `retryAfterMs`: what the server said to an upgrade that it refused. */
  | { readonly type: 'dropped'; readonly code: number; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly type: 'timer' }
  | { readonly type: 'close' };

/** What the world is told to do, in order. */
export type Effect =
  | { readonly do: 'open' }
  | { readonly do: 'transmit'; readonly command: Command }
  /** Close in order; `dropped` follows. */
  | { readonly do: 'hangUp'; readonly code: number; readonly reason: string }
  /** Forget the socket at once: nothing is heard of it any more. */
  | { readonly do: 'abandon' }
  /** `timer` comes after `ms`, in place of any earlier one. */
  | { readonly do: 'wait'; readonly ms: number }
  /** Registered: whatever was not acknowledged goes out again. */
  | { readonly do: 'resend' }
  /** To whoever it is for: an answer by its `ref`, or a push. */
  | { readonly do: 'pass'; readonly event: ServerEvent }
  | { readonly do: 'deliver'; readonly message: MessageEvent }
  | { readonly do: 'notify'; readonly notice: Notice }
  | { readonly do: 'end'; readonly ended: Ended };

/** What the user of the SDK may want to know, beside messages. */
export type Notice =
  | { readonly type: 'registered'; readonly event: RegisteredEvent }
  /** Messages may be missing before what comes now (PROTOCOL.md §4.6). */
  | { readonly type: 'resync'; readonly event: RegisteredEvent }
  | { readonly type: 'reconnecting'; readonly delayMs: number; readonly code: number; readonly reason: string }
  | { readonly type: 'closing'; readonly reason: string; readonly reconnectAfterMs: number }
  /** The server broke the protocol. */
  | { readonly type: 'fault'; readonly reason: string }
  | { readonly type: 'error'; readonly event: ErrorEvent };

/** How long to wait for what, in ms. */
export interface Timing {
  readonly connectTimeoutMs: number;
  readonly registerTimeoutMs: number;
  /** After a ping, for any frame. */
  readonly pongTimeoutMs: number;
  readonly closeTimeoutMs: number;
  /** A connection that was live for so long counts as a success: back-off begins anew. */
  readonly stableMs: number;
  readonly backoff: Backoff;
  /** Whether to go on trying when the very first connection fails. */
  readonly retryFirst: boolean;
}

/** The world as the machine may read it. */
export interface Surroundings {
  readonly timing: Timing;
  readonly now: number;
  readonly random: () => number;
}

export type Step = readonly [Connection, readonly Effect[]];
