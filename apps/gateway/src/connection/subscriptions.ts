import { ProtocolError, type SubscribeCommand, type UnsubscribeCommand } from '#protocol';
import { LIMIT } from '../limits/limits.js';
import { PAGE_ENTRIES } from './feed.js';
import type { FeedingSession } from './feeding-session.js';
import type { Delivery } from './outgoing.js';
import { Subscription, type SubscriptionOwner } from './subscription.js';

/** So many of them may hold a page of their log, or wait for one: what waits for a slow socket is bounded by it. */
export const LOADING_MAX = 8;

/** The conversations that one session has open. Those that have something to write or to read take turns, however many they are. */
export class Subscriptions implements SubscriptionOwner {
  private readonly byConversation = new Map<string, Subscription>();
  /** Hold a page, or wait for one; in the order of their turns. */
  private readonly loading = new Set<Subscription>();
  /** Have something to write or to read, and no page. In the order of their turns. */
  private readonly waiting = new Set<Subscription>();
  /** Have written what the kernel has not yet taken. */
  private readonly unwritten: Subscription[] = [];
  private blocked: boolean;

  constructor(private readonly session: FeedingSession) {
    this.blocked = session.blocked;
  }

  get size(): number {
    return this.byConversation.size;
  }

  get hungry(): boolean {
    return this.loading.size + this.waiting.size > 0;
  }

  epochOf(conversation: string): string | undefined {
    const subscription = this.byConversation.get(conversation);
    return subscription?.open ? subscription.epoch : undefined;
  }

  // ------------------------------------------------------------- commands

  /** Subscribing again says again what the subscription is: what has been written cannot be unwritten. */
  subscribe(command: SubscribeCommand): void {
    const { conversation, ref } = command;
    const known = this.byConversation.get(conversation);
    if (known?.open) return known.welcome(ref);
    if (known) return known.afterOpening(() => this.attempt(command, () => this.subscribe(command)));
    if (this.size >= this.session.host.maxSubscriptions) throw this.tooMany();
    this.begin(command);
  }

  unsubscribe(command: UnsubscribeCommand): void {
    const { conversation, ref } = command;
    const known = this.byConversation.get(conversation);
    if (known?.open) return known.leave(ref);
    if (known) return known.afterOpening(() => this.attempt(command, () => this.unsubscribe(command)));
    this.session.reply({ type: 'unsubscribed', ref, conversation });
  }

  /** The user is no member any more. Interleaving: told while the router's answer to `subscribe` is under way; then right after it. */
  removed(conversation: string): void {
    const known = this.byConversation.get(conversation);
    if (known?.open) known.leave();
    else known?.afterOpening(() => this.removed(conversation));
  }

  private begin(command: SubscribeCommand): void {
    const { conversation } = command;
    const subscription = new Subscription(conversation, this.session, this);
    this.byConversation.set(conversation, subscription);
    this.session.host.conversations.add(subscription);
    const first = this.loading.size < LOADING_MAX;
    if (first) this.loading.add(subscription);
    subscription.begin(command, first ? PAGE_ENTRIES : 1);
  }

  private tooMany(): ProtocolError {
    const { host } = this.session;
    host.onLimit(LIMIT.subscriptions);
    return new ProtocolError('WS_INVALID_PAYLOAD', `a connection has at most ${host.maxSubscriptions} subscriptions`);
  }

  private attempt({ ref }: SubscribeCommand | UnsubscribeCommand, command: () => void): void {
    try {
      command();
    } catch (error) {
      this.session.refuse(error, ref);
    }
  }

  // ------------------------------------------------------------- what comes

  /** What is not subscribed (any more) is for nobody. */
  deliver(delivery: Delivery, conversation: string): void {
    this.byConversation.get(conversation)?.deliver(delivery);
  }

  missed(delivery: Delivery, conversation: string): void {
    this.byConversation.get(conversation)?.missed(delivery);
  }

  doubt(): void {
    for (const subscription of this.byConversation.values()) subscription.doubt();
  }

  // ------------------------------------------------------------- turns

  advance(): void {
    const { loading, waiting, session } = this;
    const inTurn = [...loading];
    for (const subscription of inTurn) {
      if (!session.hasRoom()) return;
      subscription.advance();
      // Behind the others now.
      if (loading.delete(subscription)) loading.add(subscription);
    }
    while (loading.size < LOADING_MAX && waiting.size > 0 && session.hasRoom()) this.takeTurn(first(waiting));
  }

  private takeTurn(subscription: Subscription): void {
    this.waiting.delete(subscription);
    subscription.advance();
  }

  mayRead(subscription: Subscription): boolean {
    return this.loading.size < LOADING_MAX || this.loading.has(subscription);
  }

  onFed(subscription: Subscription): void {
    // One that is opening keeps its place.
    if (!subscription.open) return;
    place(this.loading, subscription, subscription.loading);
    place(this.waiting, subscription, subscription.hungry && !subscription.loading);
  }

  // ------------------------------------------------------------- what the kernel took

  onPushed(subscription: Subscription): void {
    if (subscription.listed) return;
    subscription.listed = true;
    this.unwritten.push(subscription);
  }

  onBlocked(): void {
    this.blocked = true;
    for (const subscription of this.unwritten) subscription.onBlocked();
  }

  onWritten(): void {
    const { blocked } = this;
    this.blocked = false;
    const { unwritten } = this;
    let left = 0;
    for (const subscription of unwritten) {
      subscription.onWritten(blocked);
      subscription.listed = subscription.unwritten;
      if (subscription.listed) unwritten[left++] = subscription;
      else subscription.fallIn();
    }
    unwritten.length = left;
  }

  // ------------------------------------------------------------- ends

  drop(subscription: Subscription): void {
    if (subscription.ended) return;
    this.byConversation.delete(subscription.conversation);
    this.forget(subscription);
    // Its place may be another's.
    this.session.wake();
  }

  end(): void {
    for (const subscription of this.byConversation.values()) this.forget(subscription);
    this.byConversation.clear();
  }

  private forget(subscription: Subscription): void {
    const { host } = this.session;
    subscription.fallOut();
    subscription.ended = true;
    for (const set of [this.loading, this.waiting]) set.delete(subscription);
    host.onLastWritten(subscription);
    host.conversations.remove(subscription);
  }
}

const first = <T>(set: ReadonlySet<T>): T => set.values().next().value as T;

/** Keeps the place of one that is in already. */
function place<T>(set: Set<T>, member: T, belongs: boolean): void {
  if (belongs) set.add(member);
  else if (set.size > 0) set.delete(member);
}
