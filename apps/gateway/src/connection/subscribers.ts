import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Clock } from '#actor';
import type { ConversationNotice, OpenReply, ReadConversationRequest, ReadReply } from '#contract';
import type { AskSink, Member } from '#mesh';
import { CLOCK } from '#service';
import { Conversations } from '../upstream/conversations.js';
import { Renewal, type RenewedAt } from '../upstream/renewal.js';
import { Delivery } from './outgoing.js';
import type { ConversationHost, Subscriber } from './session-host.js';

/**
 * Who of this gateway has which conversation open. The routers send one notice of a message to each gateway with a subscriber; here it goes to all of
 * them, encoded once. The gateway is kept entered at the routers as long as it has a subscriber.
 */
@Injectable()
export class Subscribers implements ConversationHost, RenewedAt {
  private readonly logger = new Logger(Subscribers.name);
  private readonly byConversation = new Map<string, Set<Subscriber>>();
  private readonly renewal: Renewal;

  constructor(
    @Inject(CLOCK) clock: Clock,
    private readonly conversations: Conversations,
  ) {
    this.renewal = new Renewal(clock, this);
  }

  /** Conversations with a subscriber here. */
  get size(): number {
    return this.byConversation.size;
  }

  deliver({ conversation, epoch, entries }: ConversationNotice): void {
    const subscribers = this.byConversation.get(conversation);
    if (!subscribers) return;
    const delivery = new Delivery(epoch, entries, conversation);
    for (const { session } of subscribers) session.offer(delivery);
  }

  /** Enters the gateway again everywhere: notices may have been missed. */
  renewAll(): void {
    this.renewal.renew(this.byConversation.keys());
  }

  stop(): void {
    this.renewal.stop();
  }

  // ------------------------------------------------------------- ConversationHost

  add(subscriber: Subscriber): void {
    const { conversation } = subscriber;
    const subscribers = this.byConversation.get(conversation);
    if (subscribers) return void subscribers.add(subscriber);
    this.byConversation.set(conversation, new Set([subscriber]));
    this.renewal.add(conversation);
  }

  remove(subscriber: Subscriber): void {
    const { conversation } = subscriber;
    const subscribers = this.byConversation.get(conversation);
    if (!subscribers?.delete(subscriber) || subscribers.size > 0) return;
    this.byConversation.delete(conversation);
    this.renewal.remove(conversation);
    this.conversations.unsubscribe(conversation);
  }

  subscribe(request: Parameters<Conversations['subscribe']>[0], sink: AskSink<OpenReply>): void {
    this.conversations.subscribe(request, sink);
  }

  read(request: ReadConversationRequest, sink: AskSink<ReadReply>): void {
    this.conversations.read(request, sink);
  }

  /**
   * Interleaving: subscribe is asked → its session ends, the router is told to unsubscribe → the ask, sent again to another owner, enters the gateway.
   */
  onLate(conversation: string): void {
    if (!this.byConversation.has(conversation)) this.conversations.unsubscribe(conversation);
  }

  // ------------------------------------------------------------- RenewedAt

  owner(conversation: string): Member | undefined {
    return this.conversations.owner(conversation);
  }

  /** Where the gateway had been forgotten, messages passed it by. */
  async renew(owner: Member, conversations: readonly string[]): Promise<void> {
    const wanted = conversations.filter((conversation) => this.byConversation.has(conversation));
    if (wanted.length === 0) return;
    const { missing } = await this.conversations.refresh(owner, wanted);
    for (const conversation of missing) this.onMissing(conversation);
  }

  onFailed(conversations: readonly string[], error: unknown): void {
    this.logger.warn({ err: error, conversations: conversations.length }, 'subscriptions were not renewed');
  }

  /** Interleaving: its last subscriber left while the renewal entered the gateway again. */
  private onMissing(conversation: string): void {
    const subscribers = this.byConversation.get(conversation);
    if (!subscribers) return this.conversations.unsubscribe(conversation);
    for (const subscriber of subscribers) subscriber.doubt();
  }
}
