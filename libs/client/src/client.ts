import { IDEMPOTENCY_KEY_RULE, IDENTIFIER_RULE, isIdempotencyKey, isIdentifier } from '#protocol';
import type { AcceptedEvent, ErrorEvent, MessageEvent, RegisteredEvent } from '#protocol';
import type { Ended, Identity, Notice, Phase } from './connection.js';
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
import { Sender } from './sender.js';
import type { SendOptions } from './sender.js';

export type RegisterOptions = Omit<Identity, 'userId'> & Cursor;

export interface ClientEvents {
  /** Each message of the inbox once, in order; ephemeral ones as they come. */
  message: MessageEvent;
  registered: RegisteredEvent;
  /** What the cursor asked for is no longer held: messages may be missing before the next one (PROTOCOL.md §4.6). */
  resync: RegisteredEvent;
  /** The connection is lost, and will be tried again after `delayMs`. */
  reconnecting: { readonly delayMs: number; readonly code: number; readonly reason: string };
  /** The server is about to close. */
  closing: { readonly reason: string; readonly reconnectAfterMs: number };
  /** The connection ended for good. */
  closed: Ended;
  /** The server broke the protocol: a frame that is none, or a gap in the inbox. */
  fault: { readonly reason: string };
  /** An error that answers no message: a registration that will be tried again, or a command that the server could not read. */
  error: ErrorEvent;
}

/**
 * A user's connection to Switchboard, kept up over any number of sockets until `close()` or a close code that forbids coming back
 * (PROTOCOL.md §6). One client serves one user.
 */
export class SwitchboardClient {
  private readonly events = new Emitter<ClientEvents>();
  private readonly streams = new Set<MessageStream>();
  private readonly newId = messageIds();
  private readonly settings: Settings;
  private readonly link: Link;
  private readonly sender: Sender;
  private registration?: Registration;

  /** @param url `ws:` or `wss:`; TypeError otherwise */
  constructor(url: string, options: ClientOptions = {}) {
    this.settings = settle(options);
    this.link = new Link(webSocketUrl(url), this.settings, (outcome) => this.take(outcome));
    this.sender = new Sender(
      { isLive: () => this.phase === 'live', transmit: (command) => this.link.transmit(command) },
      this.settings,
    );
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
    const { lastMessageId, epoch, ...identity } = options;
    check('userId', isIdentifier(userId), IDENTIFIER_RULE);
    check('device', options.device === undefined || isIdentifier(options.device), IDENTIFIER_RULE);
    if (this.phase !== 'idle') throw new Error('register was called before, or the client is closed');
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
    const id = options.id ?? this.newId();
    check('to', isIdentifier(to), IDENTIFIER_RULE);
    check('id', isIdempotencyKey(id), IDEMPOTENCY_KEY_RULE);
    if (this.phase === 'closing' || this.phase === 'closed') throw new SendError('closed', 'the client is closed', id);
    return this.sender.send(to, content, id, options);
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
        return this.sender.resend();
      case 'answer':
        return this.sender.answer(outcome.event);
      case 'deliver':
        return this.deliver(outcome.message);
      case 'notify':
        return this.notify(outcome.notice);
      case 'end':
        return this.end(outcome.ended);
    }
  }

  private deliver(message: MessageEvent): void {
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
    for (const stream of this.streams) stream.end();
    this.events.emit('closed', ended);
  }
}

interface Registration {
  resolve(event: RegisteredEvent): void;
  reject(error: Error): void;
}

/** A client for `url`; the connection is opened by `register`, since the gateway closes one that nobody registers on. */
export const connect = (url: string, options?: ClientOptions): SwitchboardClient => new SwitchboardClient(url, options);

function webSocketUrl(url: string): string {
  if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol))
    throw new TypeError(`${url} is no ws: or wss: address`);
  return url;
}

function check(field: string, good: boolean, rule: string): void {
  if (!good) throw new TypeError(`${field} ${rule}`);
}
