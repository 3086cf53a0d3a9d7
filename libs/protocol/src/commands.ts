/** Correlates a command with its one reply on this connection (PROTOCOL.md §2). */
export type Ref = string | number;

export interface RegisterCommand {
  readonly type: 'register';
  readonly ref?: Ref;
  readonly userId: string;
  readonly token?: string;
  readonly device?: string;
  readonly lastMessageId?: number;
  readonly epoch?: string;
  readonly ack?: 'auto' | 'manual';
}

/** As `register`, by whom the token says; a `userId` beside it must be the same. With AUTH_MODE=none there is only `userId`. */
export interface AuthCommand {
  readonly type: 'auth';
  readonly ref?: Ref;
  readonly token?: string;
  readonly userId?: string;
  readonly device?: string;
  readonly lastMessageId?: number;
  readonly epoch?: string;
  /** Default: `auto` in JSON, `manual` in MessagePack. */
  readonly ack?: 'auto' | 'manual';
}

export interface PingCommand {
  readonly type: 'ping';
  readonly ref?: Ref;
}

export interface MessageCommand {
  readonly type: 'message';
  readonly ref?: Ref;
  readonly to?: string;
  readonly conversation?: string;
  readonly content: string;
  readonly kind?: string;
  readonly id?: string;
  readonly ephemeral?: boolean;
}

/** Cumulative: covers everything up to `messageId`, in the inbox or in `conversation`. */
export interface AckCommand {
  readonly type: 'ack';
  readonly ref?: Ref;
  readonly messageId: number;
  readonly status: 'delivered' | 'read';
  readonly conversation?: string;
}

/** Reads the inbox, or `conversation`, after an id or after a time (ms); the id wins. */
export interface SyncCommand {
  readonly type: 'sync';
  readonly ref?: Ref;
  readonly lastMessageId?: number;
  readonly lastSyncTime?: number;
  readonly conversation?: string;
  /** 1–500; default 100. */
  readonly limit?: number;
}

/** How far `to` has received and read. */
export interface StatusCommand {
  readonly type: 'status';
  readonly ref?: Ref;
  readonly to: string;
}

/** What others see of a user; `offline`: not connected, or invisible. */
export type PresenceStatus = 'online' | 'away' | 'offline';

/** What others are to see of this connection's user; `offline`: appear offline. */
export interface PresenceCommand {
  readonly type: 'presence';
  readonly ref?: Ref;
  readonly status: PresenceStatus;
}

/** Asks for the statuses of users (at most 500 a call), and for every change of them from then on. */
export interface WatchCommand {
  readonly type: 'watch';
  readonly ref?: Ref;
  readonly userIds: readonly string[];
}

export interface UnwatchCommand {
  readonly type: 'unwatch';
  readonly ref?: Ref;
  readonly userIds: readonly string[];
}

/** Opens a conversation on this connection: what was missed after the cursor, then live. */
export interface SubscribeCommand {
  readonly type: 'subscribe';
  readonly ref?: Ref;
  readonly conversation: string;
  readonly lastMessageId?: number;
  readonly epoch?: string;
}

export interface UnsubscribeCommand {
  readonly type: 'unsubscribe';
  readonly ref?: Ref;
  readonly conversation: string;
}

/** The conversations that the user is a member of, newest first. */
export interface ConversationsCommand {
  readonly type: 'conversations';
  readonly ref?: Ref;
  /** 1–500; default 100. */
  readonly limit?: number;
  /** The last conversation of the page before. */
  readonly after?: string;
}

/** Every command a client may send, by its wire type. */
export interface Commands {
  readonly register: RegisterCommand;
  readonly auth: AuthCommand;
  readonly ping: PingCommand;
  readonly message: MessageCommand;
  readonly ack: AckCommand;
  readonly sync: SyncCommand;
  readonly status: StatusCommand;
  readonly presence: PresenceCommand;
  readonly watch: WatchCommand;
  readonly unwatch: UnwatchCommand;
  readonly subscribe: SubscribeCommand;
  readonly unsubscribe: UnsubscribeCommand;
  readonly conversations: ConversationsCommand;
}

export type CommandType = keyof Commands;
export type Command = Commands[CommandType];
