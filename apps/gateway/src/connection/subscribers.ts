import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Clock } from '#actor';
import type { ConversationNotice, OpenReply, ReadReply } from '#contract';
import type { AskSink, Member } from '#mesh';
import { CLOCK } from '#service';
import { Conversations } from '../upstream/conversations.js';
import { Renewal, type RenewedAt } from '../upstream/renewal.js';
import { Audience } from './audience.js';
import { AutoAck } from './auto-ack.js';
import { Counters } from './counters.js';
import type { LaneShared } from './fastlane.js';
import { OutboundShared } from './outbound.js';
import type { ConversationHost, Subscriber } from './session-host.js';
import { SharedReads, type PageRequest } from './shared-reads.js';

/** So many subscribers are written to in one go, some 8 µs each. */
const LANE_SIZE = 1_000;

/**
 * Who of this gateway has which conversation open. The routers send one notice of a message to each gateway with a subscriber; here it goes to all of
 * them, encoded once. The gateway is kept entered at the routers as long as it has a subscriber.
 */
@Injectable()
export class Subscribers implements ConversationHost, RenewedAt {
  /** Of conversations that are opened from now on. */
  laneSize = LANE_SIZE;
  private readonly logger = new Logger(Subscribers.name);
  private readonly byConversation = new Map<string, Audience>();
  private readonly renewal: Renewal;
  private readonly reads: SharedReads;
  private readonly shared: LaneShared;

  constructor(
    @Inject(CLOCK) clock: Clock,
    private readonly conversations: Conversations,
    { limits, corker }: OutboundShared,
    counters: Counters,
    autoAck: AutoAck,
  ) {
    this.renewal = new Renewal(clock, this);
    this.reads = new SharedReads(conversations);
    this.shared = {
      limits,
      corker,
      onDelivered: (count) => (counters.delivered += count),
      onWritten: (lane) => autoAck.touchAll(lane),
    };
  }

  /** Conversations with a subscriber here. */
  get size(): number {
    return this.byConversation.size;
  }

  deliver(notice: ConversationNotice): void {
    this.byConversation.get(notice.conversation)?.deliver(notice);
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
    const known = this.byConversation.get(conversation);
    if (known) return known.add(subscriber);
    const audience = new Audience(this.shared, this.laneSize);
    audience.add(subscriber);
    this.byConversation.set(conversation, audience);
    this.renewal.add(conversation);
  }

  remove(subscriber: Subscriber): void {
    const { conversation } = subscriber;
    const audience = this.byConversation.get(conversation);
    if (!audience?.remove(subscriber) || audience.size > 0) return;
    this.byConversation.delete(conversation);
    this.renewal.remove(conversation);
    this.conversations.unsubscribe(conversation);
  }

  fallIn(subscriber: Subscriber, epoch: string, position: number): void {
    this.byConversation.get(subscriber.conversation)?.fallIn(subscriber, epoch, position);
  }

  subscribe(request: Parameters<Conversations['subscribe']>[0], sink: AskSink<OpenReply>): void {
    this.conversations.subscribe(request, sink);
  }

  read(request: PageRequest, sink: AskSink<ReadReply>): void {
    this.reads.read(request, sink);
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
    const audience = this.byConversation.get(conversation);
    if (audience) audience.doubt();
    else this.conversations.unsubscribe(conversation);
  }
}
