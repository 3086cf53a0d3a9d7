import type { ConversationNotice } from '#contract';
import { Fastlane, type LaneShared } from './fastlane.js';
import { Delivery } from './outgoing.js';
import type { Subscriber } from './session-host.js';

/**
 * Who of this gateway has one conversation open: those in step, who are served together, and those who get what is new by their mailboxes. Of very many in
 * step each lane has some, so that the event loop may go on between one lane and the next.
 */
export class Audience {
  private readonly lanes: Fastlane<Subscriber>[] = [];
  private readonly others = new Set<Subscriber>();

  /** @param laneSize so many share a lane at most. */
  constructor(
    private readonly shared: LaneShared,
    private readonly laneSize: number,
  ) {}

  get size(): number {
    return this.lanes.reduce((sum, lane) => sum + lane.size, this.others.size);
  }

  /** Encoded once, however many it goes to. */
  deliver({ conversation, epoch, entries }: ConversationNotice): void {
    const delivery = new Delivery(epoch, entries, conversation);
    for (const lane of this.lanes) lane.take(delivery);
    for (const { session } of this.others) session.offer(delivery);
  }

  /** Messages may have passed all of them by. */
  doubt(): void {
    for (const lane of this.lanes) lane.dissolve();
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
    if (this.laneWithRoom().join(subscriber, epoch, position)) this.others.delete(subscriber);
  }

  private laneWithRoom(): Fastlane<Subscriber> {
    const { lanes } = this;
    const found = lanes.find(({ size }) => size < this.laneSize);
    if (found) return found;
    const lane = new Fastlane<Subscriber>(this.shared, (subscriber) => this.others.add(subscriber));
    lanes.push(lane);
    return lane;
  }
}
