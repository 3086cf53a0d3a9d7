import type { LogPosition } from './position.js';
import type { Connection } from './presence.js';

/** Which log: a user's inbox or a conversation. */
export interface LogId {
  readonly kind: 'inbox' | 'conversation';
  readonly id: string;
}

/** What to append. The engine does not look into `body`. */
export interface NewEntry {
  readonly body: Buffer;
  /** (sender, id) is stored once within the idempotency window; without it the entry is always stored. */
  readonly idempotency?: { readonly sender: string; readonly id: string };
  /** Who wrote it: what `membersOnly` looks at. */
  readonly author?: string;
}

/** What an append asks of its entries, in the same atomic step. A repetition of what was stored is answered as one, whatever is asked. */
export interface AppendOptions {
  /** An inbox: only of a user who has registered once (`OpenOptions.create`). Refused else: 'unknown_recipient'. */
  readonly onlyKnown?: boolean;
  /** A conversation: only entries whose `author` is a member. Refused else: 'not_member'. */
  readonly membersOnly?: boolean;
  /** An inbox: gateways may be told of the entry at once; an engine that cannot leaves it. */
  readonly publication?: Publication;
}

/**
 * How to tell a gateway of a new entry: on the channel `channel` and the gateway's id, `preamble` followed by a MessagePack bin of the MessagePack array
 * `[id of the log, epoch, [[messageId, timestamp, body]]]`.
 */
export interface Publication {
  readonly channel: string;
  readonly preamble: Buffer;
}

export interface LogEntry {
  /** The `messageId`: from 1, contiguous within one log. */
  readonly messageId: number;
  /** When it was stored, ms. */
  readonly timestamp: number;
  readonly body: Buffer;
}

export interface Appended {
  readonly messageId: number;
  readonly timestamp: number;
  /** Seen before: these are the first one's id and time, and nothing was stored. */
  readonly duplicate: boolean;
  /** Not stored, nor anything else changed: `messageId` is 0. The other entries of the call are stored all the same. */
  readonly refused?: 'not_member' | 'unknown_recipient';
}

export interface AppendResult {
  /** '' where all entries were refused and the log was never used. */
  readonly epoch: string;
  /** One for each entry, in order. */
  readonly appended: readonly Appended[];
  /** The owner's live connections at the instant of the append (empty for a conversation). */
  readonly connections: readonly Connection[];
  /** The gateways that have subscribers of the conversation at the instant of the append, each id once (empty for an inbox). */
  readonly gateways: readonly string[];
  /** Those gateways of the connections that have heard of the entries already (`AppendOptions.publication`). Absent: none. */
  readonly told?: readonly string[] | undefined;
}

export interface LogPage extends Omit<LogPosition, 'cursor'> {
  /** In order; those with `after < messageId`, at most `limit`. */
  readonly entries: readonly LogEntry[];
}

/** A reader's place. In an inbox: its own (a device) or the log owner's (`device` undefined). In a conversation: that of the member `device`. */
export interface OpenOptions {
  readonly device?: string;
  /** Explicit cursor; wins over all others. */
  readonly after?: number;
  /** Cursor by time, ms: the newest id stored at or before it; wins over the saved one. What was trimmed counts as stored before. */
  readonly since?: number;
  /** Whoever opens an inbox is known from then on (`AppendOptions.onlyKnown`). Default true; false: only look. */
  readonly create?: boolean;
  readonly limit: number;
}

/** The page is what follows the cursor. */
export interface OpenResult extends LogPage, LogPosition {}

export interface Acknowledgement {
  /** An inbox: the device; without it only the owner's watermarks move. A conversation: the member who reads; others have no place in it. */
  readonly device?: string;
  /** Cumulative: all up to this one. */
  readonly messageId: number;
  readonly epoch: string;
  readonly status: 'delivered' | 'read';
}

/** How far the owner of an inbox (any device), or one reader of a conversation, has come. `read` never passes `delivered`. */
export interface Watermarks {
  readonly delivered: number;
  readonly read: number;
}

/** After an acknowledgement and before it: of many at once, each step forward is in one answer only. */
export interface Acknowledged extends Watermarks {
  readonly deliveredBefore: number;
  readonly readBefore: number;
}

export interface LogStatus extends Watermarks {
  /** '' for a log that nobody has opened, read or written. */
  readonly epoch: string;
  readonly lastMessageId: number;
}

/**
 * Contract: ids are contiguous however many append at once; an entry whose `append` resolved survives as the engine is configured to;
 * append, idempotency, what the options ask, and locating the connections (or subscribed gateways) are one atomic step, so a connection
 * registered (a gateway subscribed) before an append is in its answer, and one registered after it finds the entry by reading.
 */
export interface Log {
  append(log: LogId, entries: readonly NewEntry[], options?: AppendOptions): Promise<AppendResult>;
  /** Reads one page after a cursor. */
  read(log: LogId, after: number, limit: number): Promise<LogPage>;
  /** Finds the reader's cursor and reads the first page after it, in one step. */
  open(log: LogId, options: OpenOptions): Promise<OpenResult>;
  /**
   * Moves the cursor of `device` and the watermarks to `messageId`: 'delivered' the first, 'read' both. Only forward, never past
   * `lastMessageId`, and only in the epoch given (another epoch, or a reader who is no member: ignored).
   */
  acknowledge(log: LogId, ack: Acknowledgement): Promise<Acknowledged>;
  /** The owner's watermarks; of a conversation those of the member `reader`. Creates nothing. */
  status(log: LogId, reader?: string): Promise<LogStatus>;
  /** Whether the user has registered once: what `AppendOptions.onlyKnown` asks. Creates nothing. */
  isKnown(userId: string): Promise<boolean>;
}
