import type { OpenReply, ReadReply } from '#contract';
import type { AskSink } from '#mesh';
import { CLOSE } from '#protocol';
import type { Identity } from '../dispatch/session.js';
import { Feed, PAGE_ENTRIES, type FeedOwner } from './feed.js';
import type { FeedingSession, Retrial } from './feeding-session.js';
import type { Delivery, Outgoing } from './outgoing.js';
import type { Position } from './position.js';
import { Subscriptions } from './subscriptions.js';

/**
 * The logs that a session brings to its client: the user's inbox, and the conversations it has subscribed to. Where the socket is slow, every second
 * turn is the inbox's: direct messages are not held up by however many conversations.
 */
export class Feeds implements FeedOwner, Position, Retrial {
  readonly inbox: Feed;
  unsaved = false;
  /** Made for the first subscription: most sessions have none. */
  private subscribed: Subscriptions | undefined;
  private inboxFirst = false;
  private newestWritten: number;

  constructor(
    private readonly session: FeedingSession,
    opened: OpenReply,
  ) {
    this.inbox = new Feed(this, opened);
    this.newestWritten = opened.cursor;
  }

  get subscriptions(): Subscriptions {
    return (this.subscribed ??= new Subscriptions(this.session));
  }

  /** The epoch of a log that is open here. */
  epochOf(conversation: string): string | undefined {
    return this.subscribed?.epochOf(conversation);
  }

  deliver(delivery: Delivery): void {
    if (delivery.conversation === undefined) this.inbox.deliver(delivery);
    else this.subscribed?.deliver(delivery, delivery.conversation);
  }

  /** A message of a conversation did not fit into the mailbox. */
  missed(delivery: Delivery, conversation: string): void {
    this.subscribed?.missed(delivery, conversation);
  }

  removed(conversation: string): void {
    this.subscribed?.removed(conversation);
  }

  /** Messages may have been missed unheard: looks into every log. */
  doubt(): void {
    this.inbox.doubt();
    this.subscribed?.doubt();
  }

  /** Writes what can be written now, and reads on. */
  advance(): void {
    const { subscribed } = this;
    if (!subscribed?.hungry) return this.session.live ? undefined : this.inbox.advance();
    this.inboxFirst = !this.inboxFirst;
    if (this.inboxFirst) this.inbox.advance();
    subscribed.advance();
    if (!this.inboxFirst) this.inbox.advance();
  }

  /** The session has ended: what was written last is saved, and no conversation finds it any more. */
  end(): void {
    this.session.host.onLastWritten(this);
    this.subscribed?.end();
  }

  /** What is written from here on waits for the socket. */
  onBlocked(): void {
    this.subscribed?.onBlocked();
  }

  /** The kernel took what was written before (`messageId`: the newest of the inbox). */
  onWritten(messageId: number): void {
    this.subscribed?.onWritten();
    if (messageId <= this.newestWritten) return;
    this.newestWritten = messageId;
    this.session.host.onWritten(this);
  }

  // ------------------------------------------------------------- Position

  get identity(): Identity | undefined {
    return this.session.identity;
  }

  get conversation(): undefined {
    return undefined;
  }

  get epoch(): string {
    return this.inbox.epoch;
  }

  get written(): number {
    return this.newestWritten;
  }

  get closed(): boolean {
    return this.session.closed;
  }

  // ------------------------------------------------------------- the inbox's owner

  hasRoom(): boolean {
    return this.session.hasRoom();
  }

  write(entry: Outgoing): void {
    this.session.write(entry, entry.messageId);
  }

  mayRead(): boolean {
    return true;
  }

  read(after: number, sink: AskSink<ReadReply>): void {
    const { identity, host } = this.session;
    if (identity) host.read(identity.userId, after, PAGE_ENTRIES, sink);
  }

  wake(): void {
    this.session.wake();
  }

  retryAfter(ms: number): void {
    this.session.retryAfter('read', ms, this);
  }

  retry(): void {
    this.inbox.retry();
  }

  onCaughtUp(caughtUp: boolean): void {
    this.session.onCaughtUp(caughtUp);
  }

  onLost(reason: string): void {
    this.session.close(CLOSE.resync, reason);
  }

  onForbidden(): void {
    this.session.close(CLOSE.internal, 'an inbox that is not its own');
  }
}
