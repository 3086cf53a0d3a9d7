/** What the router answers to. All asks go by key: the user id (inboxes) or the conversation id. */
export const ROUTER = {
  /** ask `SendRequest` → `SendReply`. Idempotent when it carries `id`. Handled in batches. */
  send: 'inbox.send',
  /** ask `OpenRequest` → `OpenReply`. Idempotent. */
  open: 'inbox.open',
  /** ask `ReadRequest` → `ReadReply`. Idempotent. */
  read: 'inbox.read',
  /** tell `AckNotice`. */
  ack: 'inbox.ack',
} as const;

export interface SendRequest {
  /** The recipient: the key. */
  readonly to: string;
  readonly from: string;
  /** The sender's message id: with `from` the idempotency key. */
  readonly id?: string;
  /** A packed `MessageBody` (libs/protocol). */
  readonly body: Uint8Array;
  /** Deliver to whoever is connected now; store nothing. */
  readonly ephemeral?: boolean;
}

export interface SendReply {
  /** 0 for an ephemeral message. */
  readonly messageId: number;
  readonly timestamp: number;
  readonly duplicate: boolean;
}

/** One message of a log on its way to a session. */
export interface WireEntry {
  /** 0: ephemeral. */
  readonly messageId: number;
  readonly timestamp: number;
  readonly body: Uint8Array;
}

export interface OpenRequest {
  readonly userId: string;
  readonly device?: string;
  readonly lastMessageId?: number;
  readonly epoch?: string;
  readonly limit: number;
}

export interface OpenReply {
  readonly epoch: string;
  readonly lastMessageId: number;
  /** The page starts after this id: `cursor + 1` is its first entry, if there is any. */
  readonly cursor: number;
  /** False: the epoch differs, retention has trimmed past the cursor, or the log never reached it; the page starts at the oldest held. */
  readonly resumed: boolean;
  /** May be fewer than `limit`, as in `ReadReply`. */
  readonly entries: readonly WireEntry[];
}

export interface ReadRequest {
  readonly userId: string;
  readonly after: number;
  readonly limit: number;
}

export interface ReadReply {
  readonly epoch: string;
  readonly lastMessageId: number;
  /** Oldest id still held. */
  readonly firstMessageId: number;
  /** May be fewer than `limit` (pages are bounded in bytes too): all is read once `lastMessageId` is reached. */
  readonly entries: readonly WireEntry[];
}

/** "All up to `messageId` have been written to (or acknowledged by) this device." */
export interface AckNotice {
  readonly userId: string;
  readonly device?: string;
  readonly messageId: number;
  readonly epoch: string;
  readonly status: 'delivered' | 'read';
}
