import type { ConversationNotice } from '#contract';
import { Fastlane, type LaneShared } from './fastlane.js';
import { Delivery } from './outgoing.js';
import type { Subscriber } from './session-host.js';

/** Who of this gateway has one conversation open: those in step, who are served together, and those who get what is new by their mailboxes. */
export class Audience {
  private readonly lane: Fastlane<Subscriber>;
  private readonly others = new Set<Subscriber>();

  constructor(shared: LaneShared) {
    this.lane = new Fastlane(shared, (subscriber) => this.others.add(subscriber));
  }

  get size(): number {
    return this.lane.size + this.others.size;
  }

  /** Encoded once, however many it goes to. */
  deliver({ conversation, epoch, entries }: ConversationNotice): void {
    const delivery = new Delivery(epoch, entries, conversation);
    this.lane.take(delivery);
    for (const { session } of this.others) session.offer(delivery);
  }

  /** Messages may have passed all of them by. */
  doubt(): void {
    this.lane.dissolve();
    for (const subscriber of this.others) subscriber.doubt();
  }

  add(subscriber: Subscriber): void {
    this.others.add(subscriber);
  }

  /** @returns whether it was here. */
  remove(subscriber: Subscriber): boolean {
    subscriber.lane?.leave(subscriber);
    return this.others.delete(subscriber);
  }

  /** It has had everything up to `position`: from here on it is served with the others, if that is where they are. */
  fallIn(subscriber: Subscriber, epoch: string, position: number): void {
    if (this.lane.join(subscriber, epoch, position)) this.others.delete(subscriber);
  }
}
