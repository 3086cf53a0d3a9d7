import { IDEMPOTENCY_KEY_RULE, IDENTIFIER_RULE, isIdempotencyKey, isIdentifier } from '#protocol';
import type {
  AcceptedEvent,
  Command,
  ConversationOverview,
  ConversationsEvent,
  MessageEvent,
  PresenceStatus,
  RegisteredEvent,
  ServerEvent,
  StatusEvent,
  SubscribedEvent,
  SyncCommand,
  SyncedEvent,
  WatchedUser,
} from '#protocol';
import type { Ended, Notice, Phase } from './connection.js';
import { check, webSocketUrls } from './arguments.js';
import type { ClientEvents, RegisterOptions } from './client-events.js';
import { Conversations } from './conversations.js';
import type { Cursor } from './cursor.js';
import { Emitter } from './emitter.js';
import type { Listener } from './emitter.js';
import { ConnectionEndedError, SendError } from './errors.js';
import { Link } from './link.js';
import type { Outcome } from './link.js';
import { messageIds } from './message-id.js';
import { MessageStream } from './message-stream.js';
import { settle } from './options.js';
import type { ClientOptions, Settings } from './options.js';
import { refs } from './refs.js';
import { Requests } from './requests.js';
import { Sender } from './sender.js';
import type { SendOptions, Target } from './sender.js';
import { Watching } from './watching.js';

/**
 * A user's connection to Switchboard, kept up over any number of sockets until `close()` or a close code that forbids coming back
 * (PROTOCOL.md §6). One client serves one user.
 */
export class SwitchboardClient {
  private readonly events = new Emitter<ClientEvents>();
  private readonly streams = new Set<MessageStream>();
  private readonly newId = messageIds();
  private readonly newRef = refs();
  private readonly settings: Settings;
  private readonly link: Link;
  private readonly sender: Sender;
  private readonly requests: Requests;
  private readonly subscriptions: Conversations;
  private readonly watching: Watching;
  private registration?: Registration;

  /** @param url `ws:` or `wss:`, of one gateway or of several; TypeError otherwise */
  constructor(url: string | readonly string[], options: ClientOptions = {}) {
    this.settings = settle(options);
    this.link = new Link(webSocketUrls(url), this.settings, (outcome) => this.take(outcome));
    const exit = {
      isLive: () => this.phase === 'live',
      transmit: (command: Command) => this.link.transmit(command),
    };
    this.sender = new Sender(exit, this.settings, this.newRef);
    this.requests = new Requests(exit, this.settings, this.newRef);
    this.subscriptions = new Conversations(this.requests, {
      resync: (event) => this.events.emit('resync', event),
      fault: (reason) => this.events.emit('fault', { reason }),
      ended: (conversation, { message: reason }) => this.events.emit('unsubscribed', { conversation, reason }),
    });
    this.watching = new Watching(this.requests, (user) => this.events.emit('presence', user));
  }

  get phase(): Phase {
    return this.link.phase;
  }

  /** Where the inbox has been read to: handed to `register` by the next client, it goes on from there. */
  get cursor(): Cursor {
    return this.link.cursor;
  }

  /** Messages sent and not accepted yet. */
  get pending(): number {
    return this.sender.pending;
  }

  /**
   * Opens the connection and registers; once only. Resolves with the first registration, however many attempts it takes, and rejects with
   * ConnectionEndedError if the connection ends for good before.
   */
  async register(userId: string, options: RegisterOptions = {}): Promise<RegisteredEvent> {
    const { lastMessageId, epoch, token, ...identity } = options;
    check('userId', isIdentifier(userId), IDENTIFIER_RULE);
    check('device', options.device === undefined || isIdentifier(options.device), IDENTIFIER_RULE);
    if (this.phase !== 'idle') throw new Error('register was called before, or the client is closed');
    if (token !== undefined) this.link.authenticate(token);
    return new Promise((resolve, reject) => {
      this.registration = { resolve, reject };
      this.link.dispatch({ type: 'register', identity: { userId, ...identity }, cursor: { lastMessageId, epoch } });
    });
  }

  /**
   * Resolves once the message is stored. Until then it waits for a connection and is repeated on the next one, with the same id and in order.
   * Rejects with SendError.
   */
  async send(to: string, content: string, options: SendOptions = {}): Promise<AcceptedEvent> {
    check('to', isIdentifier(to), IDENTIFIER_RULE);
    return this.deliverSurely({ to }, content, options);
  }

  /** As `send`, to all members of a conversation. */
  async post(conversation: string, content: string, options: SendOptions = {}): Promise<AcceptedEvent> {
    check('conversation', isIdentifier(conversation), IDENTIFIER_RULE);
    return this.deliverSurely({ conversation }, content, options);
  }

  /** Says something in passing (typing and such): at most once, stored nowhere. False: there is no connection just now, nothing was said. */
  signal(target: Target, content: string, kind?: string): boolean {
    if (this.phase !== 'live') return false;
    this.link.transmit({ type: 'message', ...target, content, kind, ephemeral: true });
    return true;
  }

  /**
   * With `ack: 'manual'`: all messages up to this one have been received (or read), in the inbox or in their conversation. Resolves once that is
   * saved. Rejects with CommandError, as all that follow.
   */
  async ack(
    { messageId, conversation }: Pick<MessageEvent, 'messageId' | 'conversation'>,
    status: 'delivered' | 'read' = 'delivered',
  ): Promise<void> {
    if (messageId === undefined) return;
    await this.requests.ask({ type: 'ack', messageId, status, conversation });
  }

  /** Opens a conversation: what was missed after the cursor, then live, as `message` events; kept open until `unsubscribe`. */
  async subscribe(conversation: string, cursor: Cursor = {}): Promise<SubscribedEvent> {
    check('conversation', isIdentifier(conversation), IDENTIFIER_RULE);
    return this.subscriptions.subscribe(conversation, cursor);
  }

  async unsubscribe(conversation: string): Promise<void> {
    return this.subscriptions.unsubscribe(conversation);
  }

  /** Where a subscribed conversation has been read to. */
  cursorOf(conversation: string): Cursor | undefined {
    return this.subscriptions.cursorOf(conversation);
  }

  /** A page of those the user is a member of, newest first. */
  async conversations(page: { limit?: number; after?: string } = {}): Promise<readonly ConversationOverview[]> {
    return (await this.requests.ask<ConversationsEvent>({ type: 'conversations', ...page })).conversations;
  }

  /** Reads a log anew, beside what comes as events: after an id, else after a time (ms). */
  async sync(from: Omit<SyncCommand, 'type' | 'ref'> = {}): Promise<SyncedEvent> {
    return this.requests.ask<SyncedEvent>({ type: 'sync', ...from });
  }

  /** How far `to` has received and read what is in their inbox. */
  async status(to: string): Promise<StatusEvent> {
    return this.requests.ask<StatusEvent>({ type: 'status', to });
  }

  /** Today's statuses; from now on changes come as `presence` events, on later connections too. */
  async watch(userIds: readonly string[]): Promise<readonly WatchedUser[]> {
    return this.watching.watch(userIds);
  }

  async unwatch(userIds: readonly string[]): Promise<void> {
    return this.watching.unwatch(userIds);
  }

  /** What others are to see of this user; said again on later connections. */
  async setPresence(status: PresenceStatus): Promise<void> {
    return this.watching.show(status);
  }

  /** @returns a function that ends the subscription */
  onMessage(listener: Listener<MessageEvent>): () => void {
    return this.on('message', listener);
  }

  /** @returns a function that ends the subscription */
  on<K extends keyof ClientEvents>(name: K, listener: Listener<ClientEvents[K]>): () => void {
    return this.events.on(name, listener);
  }

  /** Messages from now on, one by one; ends when the connection ends for good. */
  messages(): AsyncIterableIterator<MessageEvent> {
    const stream = new MessageStream(this.settings.maxUnread, () => this.streams.delete(stream));
    if (this.phase === 'closed') stream.end();
    else this.streams.add(stream);
    return stream;
  }

  /** Leaves in order (close code 1000); what is not accepted yet fails. Resolves when the connection is closed. */
  async close(): Promise<void> {
    if (this.phase === 'closed') return;
    const closed = new Promise<void>((resolve) => this.on('closed', () => resolve()));
    this.link.dispatch({ type: 'close' });
    return closed;
  }

  private take(outcome: Outcome): void {
    switch (outcome.do) {
      case 'resend':
        return this.resume();
      case 'pass':
        return this.pass(outcome.event);
      case 'deliver':
        return this.deliver(outcome.message);
      case 'notify':
        return this.notify(outcome.notice);
      case 'end':
        return this.end(outcome.ended);
    }
  }

  private deliverSurely(target: Target, content: string, options: SendOptions): Promise<AcceptedEvent> {
    const id = options.id ?? this.newId();
    check('id', isIdempotencyKey(id), IDEMPOTENCY_KEY_RULE);
    if (this.phase === 'closing' || this.phase === 'closed') throw new SendError('closed', 'the client is closed', id);
    return this.sender.send(target, content, id, options);
  }

  /** On a new connection: what was not answered, what it must know besides, then what waits. */
  private resume(): void {
    this.requests.resend();
    this.subscriptions.resume();
    this.watching.resume();
    this.sender.resend();
  }

  private pass(event: ServerEvent): void {
    if (event.type === 'accepted') return this.sender.answer(event);
    if (this.requests.answer(event)) return;
    switch (event.type) {
      case 'error':
        return this.sender.answer(event);
      case 'receipt':
        return this.events.emit('receipt', event);
      case 'presence':
        return this.watching.learn(event);
      case 'unsubscribed':
        return this.unsubscribed(event.conversation);
    }
  }

  private unsubscribed(conversation: string): void {
    if (this.subscriptions.ended(conversation))
      this.events.emit('unsubscribed', { conversation, reason: 'not a member of the conversation any more' });
  }

  private deliver(message: MessageEvent): void {
    if (message.conversation !== undefined && !this.subscriptions.takes(message)) return;
    this.events.emit('message', message);
    for (const stream of this.streams) stream.push(message);
  }

  private notify(notice: Notice): void {
    switch (notice.type) {
      case 'registered':
        this.registration?.resolve(notice.event);
        return this.events.emit('registered', notice.event);
      case 'resync':
        return this.events.emit('resync', notice.event);
      case 'error':
        return this.events.emit('error', notice.event);
      case 'reconnecting':
        return this.events.emit('reconnecting', notice);
      case 'closing':
        return this.events.emit('closing', notice);
      case 'fault':
        return this.events.emit('fault', notice);
    }
  }

  private end(ended: Ended): void {
    const error = new ConnectionEndedError(ended);
    this.registration?.reject(error);
    this.sender.stop(ended.reason || 'the connection ended before it was accepted');
    this.requests.stop(ended.reason || 'the connection ended before it was answered');
    for (const stream of this.streams) stream.end();
    this.events.emit('closed', ended);
  }
}

interface Registration {
  resolve(event: RegisteredEvent): void;
  reject(error: Error): void;
}

/** A client for `url`; the connection is opened by `register`, since the gateway closes one that nobody registers on. */
export const connect = (url: string | readonly string[], options?: ClientOptions): SwitchboardClient =>
  new SwitchboardClient(url, options);
