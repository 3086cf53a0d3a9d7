import { Actor, type ActorProps, type ActorRef, type Supervision } from '#actor';
import type { OpenReply } from '#contract';
import { CLOSE, ProtocolError, errorEvent, type CloseCode, type Codec, type Ref } from '#protocol';
import type { ServerEvent, SubscribeCommand, UnsubscribeCommand } from '#protocol';
import type { Encodable, Identity, Registration, Session } from '../dispatch/session.js';
import { Connection, WRONG_KIND, type ConnectionOwner } from './connection.js';
import type { EdgeSocket } from './edge-socket.js';
import type { FeedingSession, Retrial } from './feeding-session.js';
import { Feeds } from './feeds.js';
import { Delivery } from './outgoing.js';
import type { SessionHost } from './session-host.js';
import { next, takes, type SessionEvent, type SessionState } from './session-state.js';

/** `wake`: look what there is to write. */
export type SessionMessage = Buffer | typeof WRONG_KIND | Delivery | 'wake' | Retrial;

/** A session that fails is closed alone (1011): its client comes back to a fresh one, which no restart here could give it. */
const SUPERVISION: Supervision = { decide: () => 'stop', maxRestarts: 0, withinMs: 0, backoffMs: 0, maxBackoffMs: 0 };

/**
 * The actor of one connection: its state machine, its identity and its place in the user's log. One message at a time. It is also the props that
 * it is spawned with, since it is made with its socket and never again: props of its own would cost 150 bytes a connection.
 */
export class SessionActor
  extends Actor<SessionMessage>
  implements Session, ConnectionOwner, FeedingSession, ActorProps<SessionMessage>
{
  readonly connection: Connection;
  identity: Identity | undefined = undefined;
  /** Its place among the user's connections, once registered. */
  since = 0;
  private state: SessionState = 'connected';
  private mailbox!: ActorRef<SessionMessage>;
  private feeds: Feeds | undefined = undefined;
  /** Newest message of the inbox that did not fit into the mailbox. */
  private missed = 0;
  private doubted = false;

  constructor(
    readonly connectionId: string,
    socket: EdgeSocket,
    readonly host: SessionHost<SessionActor>,
    codec: Codec | undefined,
  ) {
    super();
    this.connection = new Connection(socket, host, this, codec);
  }

  create(): this {
    return this;
  }

  /** Frames alone fill no more than half of it, see Inbound. */
  get mailboxCapacity(): number {
    return 2 * this.host.inbound.window;
  }

  get supervision(): Supervision {
    return SUPERVISION;
  }

  /** The actor is there: begins to listen. */
  open(mailbox: ActorRef<SessionMessage>): void {
    this.mailbox = mailbox;
    this.connection.open(mailbox);
  }

  get userId(): string | undefined {
    return this.identity?.userId;
  }

  get closed(): boolean {
    return this.state === 'closed';
  }

  get live(): boolean {
    return this.state === 'live';
  }

  get registration(): Registration | undefined {
    const { feeds } = this;
    if (!feeds) return undefined;
    const { epoch, newest: lastMessageId, resumed } = feeds.inbox;
    return { epoch, lastMessageId, resumed };
  }

  takes(command: { readonly anonymous: boolean }): boolean {
    return takes(this.state, command);
  }

  // ------------------------------------------------------------- its mailbox

  /** Live messages for this session. Where the mailbox is full they are left to the log. */
  offer(delivery: Delivery): void {
    if (this.mailbox.tell(delivery) !== 'full') return;
    const { conversation, newest } = delivery;
    if (conversation === undefined) this.missed = Math.max(this.missed, newest);
    else this.feeds?.missed(delivery, conversation);
  }

  /** Messages may have passed it by, perhaps before it had feeds: looks into the log. */
  doubt(): void {
    this.doubted = !this.feeds;
    this.feeds?.doubt();
    this.wake();
  }

  receive(message: SessionMessage): void | Promise<void> {
    if (this.closed) return;
    try {
      const done = this.handle(message);
      if (done) return done.then(() => this.receive('wake'));
      this.settle();
    } catch (error) {
      this.fail(error);
    }
  }

  private handle(message: SessionMessage): void | Promise<void> {
    if (message === 'wake') return;
    if (message instanceof Delivery) return this.feeds?.deliver(message);
    if (message === WRONG_KIND || Buffer.isBuffer(message)) return this.take(message);
    return message.retry();
  }

  private take(frame: Buffer | typeof WRONG_KIND): void | Promise<void> {
    this.connection.flow.taken(frame);
    if (frame === WRONG_KIND) return this.refuse(new ProtocolError('WS_INVALID_MESSAGE'));
    return this.host.dispatch(this, this.connection.encoding, frame);
  }

  /** After each message: makes up for what a full mailbox kept out, so a `wake` lost to it is no loss: what fills it wakes as well. */
  private settle(): void {
    if (this.closed) return;
    if (this.missed > 0) this.feeds?.inbox.heard(this.missed);
    this.missed = 0;
    this.feeds?.advance();
    this.connection.flow.release();
  }

  /** The kernel ends it: with the system, or because it failed. */
  override stopped(): void {
    this.close(CLOSE.internal, 'internal error');
  }

  // ------------------------------------------------------------- for handlers

  reply(event: ServerEvent): void {
    if (!this.closed) this.connection.reply(event);
  }

  /** Tells a registered client what it did not ask for; nothing is kept for one that cannot be told now. */
  notify(event: ServerEvent): void {
    if (this.feeds && this.hasRoom()) this.connection.reply(event);
  }

  /** As `notify`, with an event for many sessions; false: it was not told, and `onUnblocked` comes when it can be. */
  tell(event: Encodable): boolean {
    if (!this.feeds || !this.hasRoom()) return false;
    this.connection.push(event, 0);
    return true;
  }

  refuse(error: unknown, ref?: Ref, command?: string): void {
    if (this.closed) return;
    const event = errorEvent(error, ref, command);
    this.host.onRefused(this, event.code, error);
    this.connection.reply(event);
    if (event.code === 'WS_AUTH_FAILED') return this.close(CLOSE.authFailed, event.error);
    if (event.code === 'WS_INVALID_MESSAGE' || event.code === 'WS_INVALID_PAYLOAD') this.connection.strike();
  }

  begin(identity: Identity): void {
    this.enter('register');
    this.identity = identity;
    this.host.onClaimed(this);
  }

  abandon(): void {
    if (this.closed) return;
    this.enter('refused');
    this.host.onReleased(this);
    this.identity = undefined;
  }

  admit(opened: OpenReply, welcome: () => void): void {
    if (this.closed) return;
    this.enter('registered');
    this.feeds = new Feeds(this, opened);
    if (this.doubted) this.feeds.doubt();
    this.host.onRegistered(this);
    welcome();
  }

  sendStarted(): number {
    return this.connection.flow.sendStarted();
  }

  sendEnded(bytes: number): void {
    this.connection.flow.sendEnded(bytes);
  }

  subscribe(command: SubscribeCommand): void {
    this.feeds?.subscriptions.subscribe(command);
  }

  unsubscribe(command: UnsubscribeCommand): void {
    this.feeds?.subscriptions.unsubscribe(command);
  }

  epochOf(conversation: string): string | undefined {
    return this.feeds?.epochOf(conversation);
  }

  /** The user is no member of the conversation any more. */
  removedFrom(conversation: string): void {
    this.feeds?.removed(conversation);
  }

  // ------------------------------------------------------------- its end

  /** Closes the connection: nothing of it is left here when this returns, but for the closing handshake. */
  close(code: CloseCode, reason: string): void {
    if (this.closed) return;
    this.finish(code);
    this.connection.close(code, reason);
  }

  onBroken(code: number, error: Error): void {
    this.host.onBroken(this, error);
    if (!this.closed) this.finish(code);
  }

  onClosed(code: number): void {
    if (!this.closed) this.finish(code);
    this.host.onClosed();
  }

  onAbuse(code: CloseCode, reason: string): void {
    this.close(code, reason);
  }

  private finish(code: number): void {
    this.connection.end();
    this.enter('close');
    this.mailbox.stop();
    this.feeds?.end();
    this.host.onEnded(this, code);
  }

  private fail(error: unknown): void {
    this.host.onFault(this, error);
    this.close(CLOSE.internal, 'internal error');
  }

  private enter(event: SessionEvent): void {
    this.state = next(this.state, event);
  }

  // ------------------------------------------------------------- for its feeds

  get blocked(): boolean {
    return this.connection.blocked;
  }

  hasRoom(): boolean {
    return !this.closed && this.connection.hasRoom();
  }

  write(message: Encodable, position: number): void {
    this.connection.push(message, position);
    this.host.onDelivered();
  }

  wake(): void {
    if (!this.closed) this.mailbox.tell('wake');
  }

  retryAfter(key: string, ms: number, what: Retrial): void {
    if (!this.closed) this.context.startTimer(key, ms, what);
  }

  onCaughtUp(caughtUp: boolean): void {
    if (!this.closed && caughtUp !== this.live) this.enter(caughtUp ? 'caughtUp' : 'fellBehind');
  }

  onWritten(messageId: number): void {
    this.feeds?.onWritten(messageId);
  }

  onBlocked(): void {
    this.feeds?.onBlocked();
    this.host.onBlocked(this);
  }

  onUnblocked(): void {
    this.host.onUnblocked(this);
    this.wake();
  }
}
