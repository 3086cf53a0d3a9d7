import type { MessageEvent, SubscribedEvent, UnsubscribedEvent } from '#protocol';
import { arrival, lost, takeUp, type Cursor } from './cursor.js';
import type { CommandError } from './errors.js';
import type { Requests } from './requests.js';

export interface ConversationEvents {
  /** What the cursor asked for is no longer held. */
  resync(event: SubscribedEvent): void;
  fault(reason: string): void;
  /** The subscription has ended by itself: no member any more. */
  ended(conversation: string, error: CommandError): void;
}

interface Subscription {
  cursor: Cursor;
  /** A `subscribe` is under way. */
  asking: boolean;
}

/** The conversations that the user has open, each with its own place in its log, kept open over reconnects (PROTOCOL.md §4.3–4.4). */
export class Conversations {
  private readonly open = new Map<string, Subscription>();

  constructor(
    private readonly requests: Requests,
    private readonly events: ConversationEvents,
  ) {}

  /** Where each has been read to: for the next client. */
  cursorOf(conversation: string): Cursor | undefined {
    return this.open.get(conversation)?.cursor;
  }

  subscribe(conversation: string, cursor: Cursor = {}): Promise<SubscribedEvent> {
    const known = this.open.get(conversation);
    const subscription = known ?? { cursor, asking: false };
    this.open.set(conversation, subscription);
    return new Promise((resolve, reject) => this.ask(conversation, subscription, resolve, reject));
  }

  async unsubscribe(conversation: string): Promise<void> {
    this.open.delete(conversation);
    await this.requests.ask<UnsubscribedEvent>({ type: 'unsubscribe', conversation });
  }

  /** Registered anew; what is being asked is asked again by itself. */
  resume(): void {
    for (const [conversation, subscription] of this.open) {
      if (subscription.asking) continue;
      this.ask(
        conversation,
        subscription,
        () => undefined,
        (error) => this.events.ended(conversation, error),
      );
    }
  }

  /** The server has ended it. */
  ended(conversation: string): boolean {
    return this.open.delete(conversation);
  }

  /** Whether the message is to be handed over; ids of a log are contiguous. */
  takes({ conversation = '', messageId }: MessageEvent): boolean {
    const subscription = this.open.get(conversation);
    if (!subscription) return false;
    if (messageId === undefined) return true;
    const kind = arrival(subscription.cursor, messageId);
    if (kind === 'repeat') return false;
    if (kind === 'gap')
      this.events.fault(
        `message ${messageId} of ${conversation} came after ${subscription.cursor.lastMessageId}: what is between is missing`,
      );
    subscription.cursor = { ...subscription.cursor, lastMessageId: messageId };
    return true;
  }

  private ask(
    conversation: string,
    subscription: Subscription,
    done: (event: SubscribedEvent) => void,
    failed: (error: CommandError) => void,
  ): void {
    const { lastMessageId, epoch } = subscription.cursor;
    const at = lastMessageId === undefined ? {} : { lastMessageId, epoch };
    subscription.asking = true;
    this.requests.request(
      { type: 'subscribe', conversation, ...at },
      {
        answered: (event) => {
          subscription.asking = false;
          this.subscribed(subscription, event as SubscribedEvent);
          done(event as SubscribedEvent);
        },
        failed: (error) => {
          subscription.asking = false;
          if (this.open.get(conversation) === subscription) this.open.delete(conversation);
          failed(error);
        },
      },
    );
  }

  private subscribed(subscription: Subscription, event: SubscribedEvent): void {
    const before = subscription.cursor;
    subscription.cursor = takeUp(before, event);
    if (lost(before, event)) this.events.resync(event);
  }
}
