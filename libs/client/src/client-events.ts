import type { ErrorEvent, MessageEvent, ReceiptEvent, RegisteredEvent, SubscribedEvent, WatchedUser } from '#protocol';
import type { Ended, Identity } from './connection.js';
import type { Cursor } from './cursor.js';
import type { TokenSource } from './tokens.js';

export type RegisterOptions = Omit<Identity, 'userId'> &
  Cursor & {
    /** Where tokens are asked for: one, or a function that gets one; a function is asked again before the token in use expires. */
    readonly token?: TokenSource;
  };

export interface ClientEvents {
  /** Each message of the inbox, and of each subscribed conversation, once and in order; ephemeral ones as they come. */
  message: MessageEvent;
  registered: RegisteredEvent;
  /** What the cursor of the inbox, or of a conversation, asked for is no longer held: messages may be missing before the next one (PROTOCOL.md §4.6). */
  resync: RegisteredEvent | SubscribedEvent;
  /** Somebody has received or read your messages up to this one. */
  receipt: ReceiptEvent;
  /** The status of a watched user is another than was known. */
  presence: WatchedUser;
  /** A subscription has ended by itself: the user is no member any more. */
  unsubscribed: { readonly conversation: string; readonly reason: string };
  /** The connection is lost, and will be tried again after `delayMs`. */
  reconnecting: { readonly delayMs: number; readonly code: number; readonly reason: string };
  /** The server is about to close. */
  closing: { readonly reason: string; readonly reconnectAfterMs: number };
  /** The connection ended for good. */
  closed: Ended;
  /** The server broke the protocol: a frame that is none, or a gap in a log. */
  fault: { readonly reason: string };
  /** An error that answers no message: a registration that will be tried again, or a command that the server could not read. */
  error: ErrorEvent;
}
