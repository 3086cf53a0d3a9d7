import type { Command, CommandType, Commands, Ref } from '../commands.js';
import type * as Events from '../events.js';
import type { ErrorCode } from '../errors.js';

/** What a field holds. `user`: a user id, an integer wherever it can be one. A shape: a map; in a list: a list of maps. */
export type Kind = 'number' | 'text' | 'flag' | 'user' | 'users' | readonly [Shape];

export interface Field {
  /** In this code. */
  readonly name: string;
  /** On the wire. */
  readonly key: string;
  /** The key as MessagePack. */
  readonly keyBytes: Uint8Array;
  readonly kind: Kind;
}

/** The fields of one payload, in the order they are written in. At most 15. */
export interface Shape {
  readonly fields: readonly Field[];
  /** The keys' letters, in the same order. */
  readonly names: readonly Uint8Array[];
}

type Kinds<T> = { readonly [N in Exclude<keyof T, 'type' | 'ref'>]-?: Kind };

/** Every field of `T` must have a kind: one that is forgotten does not compile. Keys are the names in snake_case but for those renamed. */
function shape<T>(kinds: Kinds<T>, renamed: { readonly [N in keyof T]?: string } = {}): Shape {
  const fields = Object.entries<Kind>(kinds).map(([name, kind]) => {
    const key = (renamed as Readonly<Record<string, string>>)[name] ?? snakeCase(name);
    return { name, key, keyBytes: packedName(key), kind };
  });
  return { fields, names: fields.map(({ keyBytes }) => keyBytes.subarray(1)) };
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A name of less than 32 ASCII characters as MessagePack. */
export const packedName = (name: string): Uint8Array =>
  Uint8Array.from([0xa0 | name.length, ...Array.from(name, (letter) => letter.charCodeAt(0))]);

const CURSOR = { lastMessageId: 'number', epoch: 'text' } as const;

/** Payloads of the commands (PROTOCOL.md §8, client → server), by the number of their type. */
export const COMMAND_SHAPES: { readonly [T in Exclude<CommandType, 'register'>]: { type: number; shape: Shape } } = {
  auth: {
    type: 1,
    shape: shape<Commands['auth']>({ token: 'text', userId: 'user', device: 'text', ...CURSOR, ack: 'text' }),
  },
  message: {
    type: 2,
    shape: shape<Commands['message']>(
      { to: 'user', conversation: 'text', kind: 'text', content: 'text', id: 'text', ephemeral: 'flag' },
      { kind: 'type' },
    ),
  },
  ack: { type: 3, shape: shape<Commands['ack']>({ messageId: 'number', status: 'text', conversation: 'text' }) },
  sync: {
    type: 4,
    shape: shape<Commands['sync']>({
      lastMessageId: 'number',
      lastSyncTime: 'number',
      conversation: 'text',
      limit: 'number',
    }),
  },
  presence: { type: 5, shape: shape<Commands['presence']>({ status: 'text' }) },
  ping: { type: 6, shape: shape<Commands['ping']>({}) },
  subscribe: { type: 7, shape: shape<Commands['subscribe']>({ conversation: 'text', ...CURSOR }) },
  unsubscribe: { type: 8, shape: shape<Commands['unsubscribe']>({ conversation: 'text' }) },
  watch: { type: 9, shape: shape<Commands['watch']>({ userIds: 'users' }) },
  unwatch: { type: 10, shape: shape<Commands['unwatch']>({ userIds: 'users' }) },
  status: { type: 11, shape: shape<Commands['status']>({ to: 'user' }) },
  conversations: { type: 12, shape: shape<Commands['conversations']>({ limit: 'number', after: 'text' }) },
};

/** The shape that a command is sent in; `register` is Auth too. */
export const commandShape = (type: Command['type']) => COMMAND_SHAPES[type === 'register' ? 'auth' : type];

/** Type numbers of events (PROTOCOL.md §8, server → client). */
export const EVENT = {
  authRsp: 101,
  chatPush: 102,
  syncRsp: 103,
  presencePush: 104,
  pong: 105,
  error: 106,
  accepted: 107,
  receipt: 108,
  closing: 109,
  ok: 110,
} as const;

/** AuthRsp: of `registered` what MessagePack carries, or why it failed. */
export interface AuthRsp {
  readonly success: boolean;
  readonly userId?: string;
  readonly error?: string;
  readonly code?: ErrorCode;
  readonly retryAfterMs?: number;
  readonly connectionId?: string;
  readonly lastMessageId?: number;
  readonly epoch?: string;
  readonly resumed?: boolean;
}

/** Ok: each has the fields of what was done. */
export interface Ok {
  readonly ref?: Ref;
  readonly to?: string;
  readonly delivered?: number;
  readonly read?: number;
  readonly conversation?: string;
  readonly lastMessageId?: number;
  readonly epoch?: string;
  readonly resumed?: boolean;
  readonly statuses?: readonly Events.WatchedUser[];
  readonly conversations?: readonly Events.ConversationOverview[];
}

const WATCHED = shape<Events.WatchedUser>({ userId: 'user', status: 'text', lastSeen: 'number' });
const OVERVIEW = shape<Events.ConversationOverview>({
  conversation: 'text',
  lastMessageId: 'number',
  read: 'number',
  unread: 'number',
});
const MESSAGE = shape<Events.MessageEvent>(
  {
    messageId: 'number',
    from: 'user',
    to: 'user',
    conversation: 'text',
    kind: 'text',
    content: 'text',
    timestamp: 'number',
    id: 'text',
  },
  { kind: 'type' },
);

/** Payloads of the events, by the number of their type. */
export const EVENT_SHAPES: { readonly [T in (typeof EVENT)[keyof typeof EVENT]]: Shape } = {
  [EVENT.authRsp]: shape<AuthRsp>({
    success: 'flag',
    userId: 'user',
    error: 'text',
    code: 'text',
    retryAfterMs: 'number',
    connectionId: 'text',
    ...CURSOR,
    resumed: 'flag',
  }),
  [EVENT.chatPush]: MESSAGE,
  [EVENT.syncRsp]: shape<Events.SyncedEvent>({ messages: [MESSAGE], hasMore: 'flag', epoch: 'text' }),
  [EVENT.presencePush]: WATCHED,
  [EVENT.pong]: shape<Events.PongEvent>({}),
  [EVENT.error]: shape<Pick<Events.ErrorEvent, 'code' | 'error' | 'retryAfterMs'>>(
    { code: 'text', error: 'text', retryAfterMs: 'number' },
    { error: 'message' },
  ),
  [EVENT.accepted]: shape<Events.AcceptedEvent>({
    messageId: 'number',
    timestamp: 'number',
    id: 'text',
    duplicate: 'flag',
  }),
  [EVENT.receipt]: shape<Events.ReceiptEvent>({ to: 'user', messageId: 'number', status: 'text', timestamp: 'number' }),
  [EVENT.closing]: shape<Events.ClosingEvent>({ reason: 'text', reconnectAfterMs: 'number' }),
  [EVENT.ok]: shape<Ok>({
    to: 'user',
    delivered: 'number',
    read: 'number',
    conversation: 'text',
    ...CURSOR,
    resumed: 'flag',
    statuses: [WATCHED],
    conversations: [OVERVIEW],
  }),
};
