import type { Encodable, Identity } from '../dispatch/session.js';
import type { CloseCode, Codec, Ref, ServerEvent } from '#protocol';
import type { Outbound } from './outbound.js';
import type { Delivery } from './outgoing.js';
import type { FeedHost } from './session-host.js';

/** What waits for its time in a session's mailbox. */
export interface Retrial {
  retry(): void;
}

/** A session, as what feeds its socket knows it. */
export interface FeedingSession {
  readonly host: FeedHost;
  readonly connection: { readonly encoding: Codec; readonly outbound: Outbound };
  readonly identity: Identity | undefined;
  readonly closed: boolean;
  /** Data waits for the client to read: `Feeds.onWritten` will be called. */
  readonly blocked: boolean;
  /** All heard of in the inbox is written, as `onCaughtUp` last said. */
  readonly live: boolean;

  /** Puts a live message into the mailbox. */
  offer(delivery: Delivery): void;
  hasRoom(): boolean;
  /** Writes a message; ask `hasRoom` first. `position`: its id in the inbox's log, 0 if it is of another. */
  write(message: Encodable, position: number): void;
  reply(event: ServerEvent): void;
  refuse(error: unknown, ref?: Ref): void;
  sendStarted(): number;
  sendEnded(bytes: number): void;
  /** Calls `Feeds.advance` soon, in the session's own turn. */
  wake(): void;
  /** Calls `what.retry` after `ms`, in the session's own turn; replaces what waits under the same key. */
  retryAfter(key: string, ms: number, what: Retrial): void;
  close(code: CloseCode, reason: string): void;
  /** Everything heard of in the inbox is written (or no longer so). */
  onCaughtUp(caughtUp: boolean): void;
}
