import type { CommandType, Commands, EventType, ServerEvent } from '#protocol';

type EventOf<K extends EventType> = Extract<ServerEvent, { readonly type: K }>;
type Needed<T> = { [P in keyof T]-?: Pick<Partial<T>, P> extends Pick<T, P> ? never : P }[keyof T];

/** Every event with every field that it can have: one that is added to the protocol and missing here does not compile. */
export const FULL: { readonly [K in EventType]: Required<EventOf<K>> } = {
  registered: {
    type: 'registered',
    ref: 1,
    content: 'Successfully registered',
    userId: 'alice',
    connectionId: 'c-1',
    gatewayId: 'gateway-01',
    lastMessageId: 7,
    epoch: 'e1',
    heartbeat: { intervalMs: 30_000, timeoutMs: 90_000 },
    resumed: true,
  },
  pong: { type: 'pong', ref: 'a' },
  message: {
    type: 'message',
    from: 'alice',
    to: 'bob',
    conversation: 'team',
    content: 'Hello!',
    messageId: 1,
    kind: 'text',
    timestamp: 1,
    id: 'm1',
  },
  accepted: { type: 'accepted', ref: 2, messageId: 1, timestamp: 1, id: 'm1', duplicate: true },
  receipt: { type: 'receipt', to: 'bob', messageId: 1, status: 'read', timestamp: 1 },
  acked: { type: 'acked', ref: 3 },
  synced: {
    type: 'synced',
    ref: 4,
    messages: [{ type: 'message', from: 'alice', to: 'bob', content: '', messageId: 1, kind: 'text', timestamp: 1 }],
    hasMore: false,
    epoch: 'e1',
  },
  status: { type: 'status', ref: 5, to: 'bob', delivered: 1, read: 0 },
  ok: { type: 'ok', ref: 6 },
  watching: { type: 'watching', ref: 7, statuses: [{ userId: 'bob', status: 'offline', lastSeen: 1 }] },
  presence: { type: 'presence', userId: 'bob', status: 'offline', lastSeen: 1 },
  subscribed: { type: 'subscribed', ref: 8, conversation: 'team', lastMessageId: 0, epoch: 'e1', resumed: false },
  unsubscribed: { type: 'unsubscribed', ref: 9, conversation: 'team' },
  conversations: {
    type: 'conversations',
    ref: 10,
    conversations: [{ conversation: 'team', lastMessageId: 3, read: 1, unread: 2 }],
  },
  closing: { type: 'closing', reason: 'drain', reconnectAfterMs: 1_000 },
  error: {
    type: 'error',
    ref: 11,
    error: 'Too many requests',
    code: 'WS_RATE_LIMITED',
    retryAfterMs: 100,
    command: 'message',
  },
};

/** Every event with no field but those that it must have: one too many does not compile. */
export const LEAST: { readonly [K in EventType]: Pick<EventOf<K>, Needed<EventOf<K>>> } = {
  registered: {
    type: 'registered',
    content: 'Successfully registered',
    userId: 'alice',
    connectionId: 'c-1',
    gatewayId: 'gateway-01',
    lastMessageId: 0,
    epoch: 'e1',
    heartbeat: { intervalMs: 30_000, timeoutMs: 90_000 },
    resumed: false,
  },
  pong: { type: 'pong' },
  message: { type: 'message', from: 'alice', content: '', kind: 'text', timestamp: 1 },
  accepted: { type: 'accepted', timestamp: 1 },
  receipt: { type: 'receipt', to: 'bob', messageId: 1, status: 'delivered', timestamp: 1 },
  acked: { type: 'acked' },
  synced: { type: 'synced', messages: [], hasMore: true, epoch: 'e1' },
  status: { type: 'status', to: 'bob', delivered: 0, read: 0 },
  ok: { type: 'ok' },
  watching: { type: 'watching', statuses: [{ userId: 'bob', status: 'online' }] },
  presence: { type: 'presence', userId: 'bob', status: 'away' },
  subscribed: { type: 'subscribed', conversation: 'team', lastMessageId: 0, epoch: 'e1', resumed: true },
  unsubscribed: { type: 'unsubscribed', conversation: 'team' },
  conversations: { type: 'conversations', conversations: [] },
  closing: { type: 'closing', reason: 'drain', reconnectAfterMs: 0 },
  error: { type: 'error', error: 'Internal error', code: 'WS_INTERNAL_ERROR' },
};

const position = { lastMessageId: 7, epoch: 'e1' };
const entry = { token: 't', device: 'phone', ...position, ack: 'manual' } as const;

/** Good commands to begin with, as full as they can be: what is checked are these with one field changed. */
export const COMMANDS: { readonly [T in CommandType]: readonly Commands[T][] } = {
  register: [{ type: 'register', ref: 1, userId: 'alice', ...entry }],
  auth: [{ type: 'auth', ref: 1, userId: 'alice', ...entry }],
  ping: [{ type: 'ping', ref: 'r' }],
  message: [
    { type: 'message', ref: 1, to: 'bob', content: '', kind: 'text', id: 'm1', ephemeral: false },
    { type: 'message', ref: 1, conversation: 'team', content: 'x', kind: 'own kind', id: 'm1', ephemeral: true },
  ],
  ack: [{ type: 'ack', ref: 1, messageId: 7, status: 'read', conversation: 'team' }],
  sync: [{ type: 'sync', ref: 1, lastMessageId: 7, lastSyncTime: 1, conversation: 'team', limit: 100 }],
  status: [{ type: 'status', ref: 1, to: 'bob' }],
  presence: [{ type: 'presence', ref: 1, status: 'away' }],
  watch: [{ type: 'watch', ref: 1, userIds: ['bob'] }],
  unwatch: [{ type: 'unwatch', ref: 1, userIds: ['bob'] }],
  subscribe: [{ type: 'subscribe', ref: 1, conversation: 'team', ...position }],
  unsubscribe: [{ type: 'unsubscribe', ref: 1, conversation: 'team' }],
  conversations: [{ type: 'conversations', ref: 1, limit: 100, after: 'team' }],
};

const names = (n: number): string[] => Array.from({ length: n }, (_, i) => `user-${i}`);

/** On and beyond every bound there is, and of every type. */
export const VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  -1,
  0,
  1,
  0.5,
  -0.5,
  500,
  501,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53),
  1e300,
  '',
  'a',
  '42',
  ' ',
  ...[64, 65, 128, 129].flatMap((n) => ['x'.repeat(n), '😀'.repeat(n)]),
  'a\nb',
  '\u0000',
  '\u007f',
  '\u009f',
  '\ud800',
  '\udc00x',
  '\u200b',
  'auto',
  'manual',
  'delivered',
  'read',
  'online',
  'away',
  'offline',
  'AUTO',
  {},
  [],
  ['bob'],
  [''],
  [7],
  [null],
  ['bob', 'a\nb'],
  names(500),
  names(501),
];

export type Values = Readonly<Record<string, unknown>>;

/** The event, but for a message that has both a user and a conversation: that is two. */
export function oneRecipient<E extends object>(event: E): E[] {
  if (!('to' in event && 'conversation' in event)) return [event];
  const { to, conversation, ...rest } = event;
  return [
    { ...rest, to },
    { ...rest, conversation },
  ] as unknown as E[];
}
