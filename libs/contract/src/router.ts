/** What the router answers to. All asks go by key: the user id (inboxes) or the conversation id. */
export const ROUTER = {
  /** ask `SendRequest` → `SendReply`. Idempotent when it carries `id`. Handled in batches. */
  send: 'inbox.send',
  /** ask `OpenRequest` → `OpenReply`. Idempotent. */
  open: 'inbox.open',
  /** ask `ReadRequest` → `ReadReply`. Idempotent. */
  read: 'inbox.read',
  /** tell `AckNotice`. Handled in batches. By key: the conversation if it names one, else the user. */
  ack: 'inbox.ack',
  /** ask `AckNotice` → `AckReply`: as `ack`, with an answer once it is saved. Idempotent. */
  acknowledge: 'inbox.acknowledge',
  /** ask `StatusRequest` → `StatusReply`. Idempotent. */
  status: 'inbox.status',
  /** ask `SyncRequest` → `SyncReply`. By key: the conversation if it names one, else the user. Idempotent. */
  sync: 'inbox.sync',
  /** ask `CopyRequest` → `SendReply`: a sender's own copy of what it sent (`SENDER_COPIES`). By key: the sender. Idempotent. */
  copy: 'inbox.copy',
  /** ask `PostRequest` → `SendReply`. Idempotent when it carries `id`. Handled in batches. Refuses with `forbidden`. */
  post: 'conversation.post',
  /** ask `SubscribeRequest` → `OpenReply`. Idempotent. Refuses with `forbidden`. */
  subscribe: 'conversation.subscribe',
  /** tell `Unsubscribe`: the gateway's last subscriber has gone. */
  unsubscribe: 'conversation.unsubscribe',
  /** ask `ReadConversationRequest` → `ReadReply`. Idempotent. */
  readConversation: 'conversation.read',
  /** ask `RefreshSubscriptionsRequest` → `RefreshSubscriptionsReply`, to the instance that owns all its conversations. Idempotent. */
  refreshSubscriptions: 'conversation.refresh',
  /** ask `ConversationsRequest` → `ConversationsReply`. By key: the user. Idempotent. */
  conversations: 'conversation.list',
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

/** "All up to `messageId` have been written to (or acknowledged by) this device" (in a conversation: this member). */
export interface AckNotice {
  readonly userId: string;
  /** The log; without it the user's inbox. */
  readonly conversation?: string;
  readonly device?: string;
  readonly messageId: number;
  readonly epoch: string;
  readonly status: 'delivered' | 'read';
}

export type AckReply = Readonly<Record<string, never>>;

export interface StatusRequest {
  /** The recipient asked about. */
  readonly userId: string;
}

export interface StatusReply {
  /** Ids in that user's inbox up to which messages were delivered (to any device) and read; 0: none. */
  readonly delivered: number;
  readonly read: number;
}

export interface SyncRequest {
  readonly userId: string;
  readonly conversation?: string;
  /** After this id; wins over the time. */
  readonly lastMessageId?: number;
  /** After what was stored at this time, ms. */
  readonly lastSyncTime?: number;
  readonly limit: number;
}

export interface SyncReply {
  readonly epoch: string;
  readonly entries: readonly WireEntry[];
  readonly hasMore: boolean;
}

export interface CopyRequest {
  /** Whose inbox gets the copy: the key. */
  readonly sender: string;
  /** The recipient and its log's id of the message: what makes the copy idempotent where the message has no `id`. */
  readonly to: string;
  readonly messageId: number;
  readonly epoch: string;
  readonly body: Uint8Array;
}

export interface PostRequest {
  readonly conversation: string;
  readonly from: string;
  readonly id?: string;
  readonly body: Uint8Array;
  readonly ephemeral?: boolean;
  /** The author's token says that they may join: whoever is no member becomes one, and then posts. */
  readonly mayJoin?: boolean;
}

/** One gateway process, as conversations and watched users know it. */
export interface GatewayProcess {
  readonly gatewayId: string;
  readonly incarnation: string;
}

export interface SubscribeRequest extends GatewayProcess {
  readonly conversation: string;
  readonly userId: string;
  /** The user's token says that they may join: whoever is no member becomes one, and then subscribes. */
  readonly mayJoin?: boolean;
  readonly lastMessageId?: number;
  readonly epoch?: string;
  readonly limit: number;
}

export interface Unsubscribe extends GatewayProcess {
  readonly conversation: string;
}

export interface ReadConversationRequest {
  readonly conversation: string;
  /** Who the page is for, at least one. Refused as forbidden where one of them is no member. */
  readonly readers: readonly string[];
  readonly after: number;
  readonly limit: number;
}

export interface RefreshSubscriptionsRequest extends GatewayProcess {
  readonly conversations: readonly string[];
}

export interface RefreshSubscriptionsReply {
  /** Conversations in which this gateway is no longer known: it has been entered again, and its sessions look into the log. */
  readonly missing: readonly string[];
}

export interface ConversationsRequest {
  readonly userId: string;
  /** 1–500. */
  readonly limit: number;
  /** The last conversation of the page before. */
  readonly after?: string;
}

export interface ConversationSummary {
  readonly conversation: string;
  readonly lastMessageId: number;
  /** Up to which the user has read. */
  readonly read: number;
  readonly unread: number;
}

export interface ConversationsReply {
  /** Newest first. */
  readonly conversations: readonly ConversationSummary[];
}
