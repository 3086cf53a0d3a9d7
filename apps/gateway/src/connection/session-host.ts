import type { ReadReply } from '#contract';
import type { AskSink } from '#mesh';
import type { Codec, ErrorCode } from '#protocol';
import type { Session } from '../dispatch/session.js';
import type { ConnectionHost } from './connection.js';

/** What a session needs of the gateway it is in. */
export interface SessionHost<S> extends ConnectionHost {
  dispatch(session: Session, codec: Codec, frame: Buffer): void | Promise<void>;
  read(userId: string, after: number, limit: number, sink: AskSink<ReadReply>): void;
  /** The session has its identity: find it under its user. */
  onClaimed(session: S): void;
  /** It is about to give its identity up again. */
  onReleased(session: S): void;
  onRegistered(session: S): void;
  /** Once, first thing at its end; the socket may still be open. */
  onEnded(session: S, code: number): void;
  /** Its socket is closed: nothing more can be written or come. */
  onClosed(): void;
  onBlocked(session: S): void;
  onUnblocked(session: S): void;
  /** A log message was written to the socket. */
  onDelivered(): void;
  /** A command was answered with an error. */
  onRefused(session: S, code: ErrorCode, error: unknown): void;
  /** `session.written` has moved on. */
  onWritten(session: S): void;
  /** A fault of ours, for the log. */
  onFault(session: S, error: unknown): void;
  /** The transport failed, or the peer broke the protocol below ours. */
  onBroken(session: S, error: Error): void;
}
