import type { OpenReply, ReadReply } from '#contract';
import type { AskSink, MeshError } from '#mesh';
import { CLOSE, type Ref, type SubscribeCommand } from '#protocol';
import type { Identity } from '../dispatch/session.js';
import { protocolError } from '../upstream/reply.js';
import type { Follower, Lane } from './fastlane.js';
import { Feed, PAGE_ENTRIES, type FeedOwner } from './feed.js';
import type { FeedingSession, Retrial } from './feeding-session.js';
import { HELD_MAX_BYTES, HELD_MAX_ENTRIES } from './log-cursor.js';
import type { Delivery, Outgoing } from './outgoing.js';

/** The subscriptions of a session, as one of them knows them. */
export interface SubscriptionOwner {
  /** Whether one more of them may hold a page. */
  mayRead(subscription: Subscription): boolean;
  /** Its feed has more (or less) to do than before. */
  onFed(subscription: Subscription): void;
  /** It has written what the kernel has not yet taken. */
  onPushed(subscription: Subscription): void;
  /** Takes it out; nothing finds it any more. */
  drop(subscription: Subscription): void;
}

/**
 * One conversation on one connection. Opening: the live tail reaches it from the start (it is entered locally before the router is asked, and the
 * router enters the gateway before it reads), and waits here until the page is there; what does not fit is left to the log. Open: a feed.
 * Ended: what still comes is for nobody.
 */
export class Subscription implements FeedOwner, Follower, AskSink<OpenReply>, Retrial {
  ended = false;
  unsaved = false;
  lane: Lane | undefined;
  place = 0;
  /** Among those of its session that have written what the kernel has not yet taken. */
  listed = false;
  private feed: Feed | undefined;
  /** Newest entry handed to the socket, what it was when the socket last blocked, and the newest that the kernel took. */
  private pushed = 0;
  private marked = 0;
  private taken = 0;
  private early: Delivery[] | undefined;
  private earlyEntries = 0;
  private earlyBytes = 0;
  /** Something came that was not kept. */
  private passedBy = false;
  private ref: Ref | undefined;
  /** What its `subscribe` counts for while it is under way. */
  private bytes = 0;
  /** Commands for this conversation that came while it was opening: they take their turn after its answer. */
  private later: (() => void)[] | undefined;

  constructor(
    readonly conversation: string,
    readonly session: FeedingSession,
    private readonly owner: SubscriptionOwner,
  ) {}

  get open(): boolean {
    return this.feed !== undefined;
  }

  get loading(): boolean {
    return this.feed?.loading ?? false;
  }

  get hungry(): boolean {
    return this.feed?.hungry ?? false;
  }

  /** What the kernel has not taken yet. */
  get unwritten(): boolean {
    return this.taken < this.pushed;
  }

  get written(): number {
    return this.lane && !this.listed ? this.lane.written : this.taken;
  }

  // ------------------------------------------------------------- opening

  begin({ lastMessageId, epoch, ref }: SubscribeCommand, limit: number): void {
    const { session, conversation } = this;
    this.ref = ref;
    this.bytes = session.sendStarted();
    const { userId } = session.identity!;
    const cursor = { lastMessageId: lastMessageId ?? undefined, epoch: epoch ?? undefined };
    const mayJoin = session.host.mayJoin(session, conversation) || undefined;
    session.host.conversations.subscribe({ conversation, userId, mayJoin, ...cursor, limit }, this);
  }

  /** Runs `command` once the answer to `subscribe` is out. Nothing is run after the session's end. */
  afterOpening(command: () => void): void {
    const bytes = this.session.sendStarted();
    (this.later ??= []).push(() => {
      this.session.sendEnded(bytes);
      if (!this.session.closed) command();
    });
  }

  onReply(opened: OpenReply): void {
    this.session.sendEnded(this.bytes);
    if (this.ended) return this.session.host.conversations.onLate(this.conversation);
    this.feed = new Feed(this, opened);
    this.taken = this.pushed = this.marked = opened.cursor;
    if (this.passedBy) this.feed.doubt();
    this.welcome(this.ref);
    this.owner.onFed(this);
    this.runLater();
    // Messages are written in the session's own turn: there a fault is the session's, and nobody else's.
    this.session.wake();
  }

  onError(cause: MeshError): void {
    this.session.sendEnded(this.bytes);
    if (this.ended) return this.session.host.conversations.onLate(this.conversation);
    this.owner.drop(this);
    this.session.refuse(protocolError(cause), this.ref);
    this.runLater();
  }

  welcome(ref: Ref | undefined): void {
    this.fallOut();
    const { conversation, feed } = this;
    if (!feed) return;
    const { newest: lastMessageId, epoch, resumed } = feed;
    this.session.reply({ type: 'subscribed', ref, conversation, lastMessageId, epoch, resumed });
  }

  private runLater(): void {
    const commands = this.later ?? [];
    this.later = undefined;
    for (const command of commands) command();
  }

  private keep(delivery: Delivery): void {
    this.earlyEntries += delivery.entries.length;
    this.earlyBytes += delivery.size;
    if (this.earlyEntries > HELD_MAX_ENTRIES || this.earlyBytes > HELD_MAX_BYTES) this.passedBy = true;
    else (this.early ??= []).push(delivery);
  }

  // ------------------------------------------------------------- live

  deliver(delivery: Delivery): void {
    this.fallOut();
    if (!this.feed) return this.keep(delivery);
    if (this.early) this.follow(this.feed);
    this.feed.deliver(delivery);
    this.owner.onFed(this);
  }

  missed({ epoch, newest }: Delivery): void {
    this.fallOut();
    const { feed } = this;
    if (!feed) this.passedBy = true;
    else if (epoch === feed.epoch) feed.heard(newest);
    else if (newest > 0) feed.doubt();
    this.owner.onFed(this);
  }

  doubt(): void {
    this.fallOut();
    if (this.feed) this.feed.doubt();
    else this.passedBy = true;
    this.owner.onFed(this);
    this.session.wake();
  }

  advance(): void {
    if (this.feed && this.early) this.follow(this.feed);
    this.feed?.advance();
    this.owner.onFed(this);
    this.fallIn();
  }

  /** What came while it was opening, in front of all that comes now. */
  private follow(feed: Feed): void {
    const early = this.early ?? [];
    this.early = undefined;
    for (const delivery of early) feed.deliver(delivery);
  }

  onBlocked(): void {
    this.marked = this.pushed;
  }

  /** @param blocked the kernel took what had been written when the socket blocked; else everything. */
  onWritten(blocked: boolean): void {
    const upTo = blocked ? this.marked : this.pushed;
    if (upTo <= this.taken) return;
    this.taken = upTo;
    this.session.host.onWritten(this);
  }

  // ------------------------------------------------------------- in step with others

  /** Once the kernel has taken all that is known, it is served together with others. */
  fallIn(): void {
    const { feed, session } = this;
    if (this.lane || this.ended || this.listed || !feed?.caughtUp) return;
    session.host.conversations.fallIn(this, feed.epoch, feed.newest);
  }

  /** Whatever is done with it alone comes after this. */
  fallOut(): void {
    this.lane?.leave(this);
  }

  onPushed(from: number, to: number): void {
    if (!this.listed) this.taken = from;
    this.pushed = to;
    this.owner.onPushed(this);
  }

  onOut(position: number, unsaved: boolean): void {
    if (!this.listed) this.taken = position;
    this.pushed = position;
    this.feed?.served(position);
    if (unsaved) this.session.host.onWritten(this);
  }

  // ------------------------------------------------------------- Position

  get identity(): Identity | undefined {
    return this.session.identity;
  }

  get epoch(): string {
    return this.feed?.epoch ?? '';
  }

  get closed(): boolean {
    return this.ended;
  }

  // ------------------------------------------------------------- its feed's owner

  hasRoom(): boolean {
    return !this.ended && this.session.hasRoom();
  }

  write(entry: Outgoing): void {
    this.session.write(entry, 0);
    if (entry.messageId === 0) return;
    this.pushed = entry.messageId;
    this.owner.onPushed(this);
  }

  mayRead(): boolean {
    return !this.ended && this.owner.mayRead(this);
  }

  read(after: number, sink: AskSink<ReadReply>): void {
    const { session, conversation } = this;
    const { userId } = session.identity!;
    session.host.conversations.read({ conversation, userId, after, limit: PAGE_ENTRIES }, sink);
  }

  wake(): void {
    this.session.wake();
  }

  retryAfter(ms: number): void {
    if (this.ended) return;
    this.session.retryAfter(`read ${this.conversation}`, ms, this);
    this.owner.onFed(this);
    // Another one may read in its place.
    this.session.wake();
  }

  retry(): void {
    if (this.ended) return;
    this.feed?.retry();
    this.owner.onFed(this);
  }

  onCaughtUp(): void {}

  onLost(reason: string): void {
    if (!this.ended) this.session.close(CLOSE.resync, reason);
  }

  /** The membership has ended, and nobody could tell. */
  onForbidden(): void {
    if (!this.ended) this.leave();
  }

  /** Ends it, and tells the client. */
  leave(ref?: Ref): void {
    this.owner.drop(this);
    this.session.reply({ type: 'unsubscribed', ref, conversation: this.conversation });
  }
}
