import { Actor, type ActorProps, type ActorRef, type Supervision } from '#actor';
import type { OpenReply, ReadReply } from '#contract';
import type { AskSink } from '#mesh';
import { CLOSE, ProtocolError, errorEvent, type CloseCode, type Codec, type Ref } from '#protocol';
import type { ServerEvent } from '#protocol';
import type { Identity, Registration, Session } from '../dispatch/session.js';
import { Connection, WRONG_KIND, type ConnectionOwner } from './connection.js';
import type { EdgeSocket } from './edge-socket.js';
import { Feed, PAGE_ENTRIES, type FeedOwner } from './feed.js';
import { Delivery, type Outgoing } from './outgoing.js';
import type { SessionHost } from './session-host.js';
import { next, takes, type SessionEvent, type SessionState } from './session-state.js';

/** `wake`: look what there is to write. `retry`: the time has come to read the log again. */
export type SessionMessage = Buffer | typeof WRONG_KIND | Delivery | 'wake' | 'retry';

/** Messages that may wait for one session. Frames alone fill no more than half of it, see Inbound. */
export const MAILBOX_CAPACITY = 512;

/** A session that fails is closed alone (1011): its client comes back to a fresh one, which no restart here could give it. */
const SUPERVISION: Supervision = { decide: () => 'stop', maxRestarts: 0, withinMs: 0, backoffMs: 0, maxBackoffMs: 0 };

/**
 * The actor of one connection: its state machine, its identity and its place in the user's log. One message at a time. It is also the props that
 * it is spawned with, since it is made with its socket and never again: props of its own would cost 150 bytes a connection.
 */
export class SessionActor
  extends Actor<SessionMessage>
  implements Session, ConnectionOwner, FeedOwner, ActorProps<SessionMessage>
{
  readonly connection: Connection;
  identity: Identity | undefined;
  /** Newest log entry that the kernel took. */
  written = 0;
  private state: SessionState = 'connected';
  private mailbox!: ActorRef<SessionMessage>;
  private feed: Feed | undefined;
  /** Newest message that did not fit into the mailbox. */
  private missed = 0;

  constructor(
    readonly connectionId: string,
    socket: EdgeSocket,
    private readonly host: SessionHost<SessionActor>,
    codec: Codec | undefined,
  ) {
    super();
    this.connection = new Connection(socket, host, this, codec);
  }

  create(): this {
    return this;
  }

  get mailboxCapacity(): number {
    return MAILBOX_CAPACITY;
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
    const { feed } = this;
    return feed && { epoch: feed.epoch, lastMessageId: feed.newest, resumed: feed.resumed };
  }

  takes(command: { readonly anonymous: boolean }): boolean {
    return takes(this.state, command);
  }

  // ------------------------------------------------------------- its mailbox

  /** Live messages for this session. Where the mailbox is full they are left to the log. */
  offer(delivery: Delivery): void {
    if (this.mailbox.tell(delivery) === 'full') this.missed = Math.max(this.missed, delivery.newest);
  }

  /** Messages may have passed it by: looks into the log. */
  doubt(): void {
    this.feed?.doubt();
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
    if (message === 'retry') return this.feed?.retry();
    if (message instanceof Delivery) return this.feed?.deliver(message);
    this.connection.flow.taken();
    if (message === WRONG_KIND) return this.refuse(new ProtocolError('WS_INVALID_MESSAGE'));
    return this.host.dispatch(this, this.connection.encoding, message);
  }

  /** After each message: makes up for what a full mailbox kept out, so a `wake` lost to it is no loss: what fills it wakes as well. */
  private settle(): void {
    if (this.closed) return;
    if (this.missed > 0) this.feed?.heard(this.missed);
    this.missed = 0;
    this.feed?.advance();
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
    if (this.feed && this.hasRoom()) this.connection.reply(event);
  }

  refuse(error: unknown, ref?: Ref): void {
    if (this.closed) return;
    const event = errorEvent(error, ref);
    this.host.onRefused(this, event.code, error);
    this.connection.reply(event);
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
    this.feed = new Feed(this, opened);
    this.written = opened.cursor;
    this.host.onRegistered(this);
    welcome();
  }

  sendStarted(): void {
    this.connection.flow.sendStarted();
  }

  sendEnded(): void {
    this.connection.flow.sendEnded();
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
    this.host.onEnded(this, code);
  }

  private fail(error: unknown): void {
    this.host.onFault(this, error);
    this.close(CLOSE.internal, 'internal error');
  }

  private enter(event: SessionEvent): void {
    this.state = next(this.state, event);
  }

  // ------------------------------------------------------------- its log

  hasRoom(): boolean {
    return !this.closed && this.connection.hasRoom();
  }

  write(entry: Outgoing): void {
    this.connection.push(entry);
    this.host.onDelivered();
  }

  read(after: number, sink: AskSink<ReadReply>): void {
    const { userId } = this;
    if (userId !== undefined) this.host.read(userId, after, PAGE_ENTRIES, sink);
  }

  wake(): void {
    if (!this.closed) this.mailbox.tell('wake');
  }

  retryAfter(ms: number): void {
    if (!this.closed) this.context.startTimer('read', ms, 'retry');
  }

  onCaughtUp(caughtUp: boolean): void {
    if (!this.closed && caughtUp !== this.live) this.enter(caughtUp ? 'caughtUp' : 'fellBehind');
  }

  onLost(reason: string): void {
    this.close(CLOSE.resync, reason);
  }

  onWritten(messageId: number): void {
    if (messageId <= this.written) return;
    this.written = messageId;
    this.host.onWritten(this);
  }

  onBlocked(): void {
    this.host.onBlocked(this);
  }

  onUnblocked(): void {
    this.host.onUnblocked(this);
    this.wake();
  }
}
