import type { OpenReply, ReadReply, SubscribeRequest } from '#contract';
import type { AskSink } from '#mesh';
import type { Codec, ErrorCode } from '#protocol';
import type { Bearer } from '../auth/grants.js';
import type { Session } from '../dispatch/session.js';
import type { Limit } from '../limits/limits.js';
import type { ConnectionHost } from './connection.js';
import type { Follower } from './fastlane.js';
import type { Position } from './position.js';
import type { PageRequest } from './shared-reads.js';

/** One conversation on one connection, as the gateway knows it. */
export interface Subscriber extends Follower {
  readonly conversation: string;
  /** Messages may have passed it by: it looks into the log. */
  doubt(): void;
}

/** The conversations, as a session's subscriptions know them. */
export interface ConversationHost {
  /** Finds it under its conversation from here on. */
  add(subscriber: Subscriber): void;
  /** The last one of a conversation: no more is sent to this gateway. */
  remove(subscriber: Subscriber): void;
  /** It has been written everything up to `position`, and its socket took it: it may be served together with others from here on. */
  fallIn(subscriber: Subscriber, epoch: string, position: number): void;
  subscribe(request: Omit<SubscribeRequest, 'gatewayId' | 'incarnation'>, sink: AskSink<OpenReply>): void;
  read(request: PageRequest, sink: AskSink<ReadReply>): void;
  /** The answer to a `subscribe` came after its subscriber had gone. */
  onLate(conversation: string): void;
}

/** What a session's logs need of the gateway. */
export interface FeedHost {
  /** Conversations that one connection may have open. */
  readonly maxSubscriptions: number;
  readonly conversations: ConversationHost;
  /** Whether the session's token lets its user join the conversation. */
  mayJoin(session: Bearer, conversation: string): boolean;
  read(userId: string, after: number, limit: number, sink: AskSink<ReadReply>): void;
  /** The client has run into it. */
  onLimit(limit: Limit): void;
  /** `position.written` has moved on. */
  onWritten(position: Position): void;
  /** It will hardly move any more: time to save it. */
  onLastWritten(position: Position): void;
}

/** What a session needs of the gateway it is in. */
export interface SessionHost<S> extends ConnectionHost, FeedHost {
  dispatch(session: Session, codec: Codec, frame: Buffer): void | Promise<void>;
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
  /** A fault of ours, for the log. */
  onFault(session: S, error: unknown): void;
  /** The transport failed, or the peer broke the protocol below ours. */
  onBroken(session: S, error: Error): void;
}
