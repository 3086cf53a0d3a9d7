import type { Codec } from '#protocol';
import type { Corked } from './corker.js';
import type { Delivery, Outgoing } from './outgoing.js';
import type { Outbound, OutboundShared } from './outbound.js';
import type { Position, Positions } from './position.js';

/** Those in step, as one of them knows them. */
export interface Lane {
  /** What all of them have been written. */
  readonly written: number;
  /** Lets it go on by itself. */
  leave(follower: Follower): void;
}

/** A subscriber that may be in step. */
export interface Follower extends Position {
  readonly session: {
    readonly connection: { readonly encoding: Codec; readonly outbound: Outbound };
    offer(delivery: Delivery): void;
  };
  /** Where it is in step, and its place there; the lane's own marks. */
  lane: Lane | undefined;
  place: number;
  /** Its socket had taken everything up to `from`; what follows up to `to` was handed to it, and waits there. */
  onPushed(from: number, to: number): void;
  /** It is in the lane no more; its socket was handed everything up to `position`. `unsaved`: AutoAck has not heard of all of it. */
  onOut(position: number, unsaved: boolean): void;
}

/** What the lanes of a gateway share. */
export interface LaneShared extends OutboundShared {
  /** `count` messages were written to sockets. */
  onDelivered(count: number): void;
  /** All that are in the lane have been written more. */
  onWritten(lane: Positions): void;
}

/** Those of a lane that speak one codec; of each its socket beside it, so that a message looks at little else. */
interface Row<F> {
  readonly codec: Codec;
  readonly followers: F[];
  readonly outbounds: Outbound[];
}

/**
 * Those who have had everything of a conversation: they are in step, so one position stands for all of them, and what comes next is written to their
 * sockets at once, past their mailboxes. Whoever has no room for it, or of whom something else is to be known (a command, its end, a doubt), is let
 * out with the position that it has reached, and goes on by itself until it has caught up again.
 *
 * What a turn brings is gathered, and is one write to each socket. Until it is written nobody has had it: who leaves meanwhile gets it by mailbox.
 */
export class Fastlane<F extends Follower> implements Corked, Positions, Lane {
  unsaved = false;
  size = 0;
  private readonly rows: Row<F>[] = [];
  private epoch = '';
  /** Newest entry that everybody in here was handed, and what it will be once all that is gathered is written. */
  private position = 0;
  private next = 0;
  private gathered: Delivery[] = [];
  private entries = 0;
  private bytes = 0;

  constructor(
    private readonly shared: LaneShared,
    private readonly onOut: (follower: F) => void,
  ) {}

  get written(): number {
    return this.position;
  }

  /** @returns whether it is in: it is where the others are, and they wait for nothing. */
  join(follower: F, epoch: string, position: number): boolean {
    if (this.gathered.length > 0) return false;
    if (this.size === 0) {
      this.epoch = epoch;
      this.position = this.next = position;
    }
    if (epoch !== this.epoch || position !== this.position) return false;
    const { encoding, outbound } = follower.session.connection;
    const { followers, outbounds } = this.rowOf(encoding);
    follower.place = followers.push(follower) - 1;
    follower.lane = this;
    outbounds.push(outbound);
    this.size++;
    return true;
  }

  /** It goes on with what has been gathered. */
  leave(follower: F): void {
    if (follower.lane !== this) return;
    this.remove(follower);
    follower.lane = undefined;
    this.onOut(follower);
    follower.onOut(this.position, this.unsaved);
    for (const delivery of this.gathered) follower.session.offer(delivery);
  }

  /** Lets everybody out. */
  dissolve(): void {
    for (const { followers } of this.rows) while (followers.length > 0) this.leave(followers.at(-1)!);
    this.forget();
  }

  /** @returns false: nobody is in here (any more), since it is not what comes next. */
  take(delivery: Delivery): boolean {
    if (this.size === 0) return false;
    if (!this.follows(delivery)) this.dissolve();
    else if (!this.fits(delivery)) this.flush();
    if (this.size === 0) return false;
    if (this.gathered.push(delivery) === 1) this.shared.corker.addFirst(this);
    this.next = Math.max(this.next, delivery.newest);
    this.entries += delivery.entries.length;
    this.bytes += delivery.size;
    return true;
  }

  flush(): void {
    const { gathered, size } = this;
    if (gathered.length === 0) return;
    const entries = gathered.flatMap((delivery) => delivery.entries);
    const frames = this.encode(entries);
    if (!frames) return this.dissolve();
    let left = 0;
    for (const [n, row] of this.rows.entries()) left += this.write(row, frames[n]!);
    this.shared.onDelivered(entries.length * (size - left));
    this.position = this.next;
    this.forget();
    this.shared.onWritten(this);
  }

  *[Symbol.iterator](): Iterator<F> {
    for (const { followers } of this.rows) yield* followers;
  }

  private fits({ entries, size }: Delivery): boolean {
    const { maxMessages, maxBytes } = this.shared.limits;
    return this.entries + entries.length <= maxMessages && this.bytes + size <= maxBytes;
  }

  /** One frame, or several behind each other, for each row. Undefined: it cannot be encoded, which each session has to find out for itself. */
  private encode(entries: readonly Outgoing[]): Buffer[] | undefined {
    try {
      return this.rows.map(({ codec, followers }) => (followers.length === 0 ? NOTHING : frameOf(entries, codec)));
    } catch {
      return undefined;
    }
  }

  private follows({ epoch, newest, entries }: Delivery): boolean {
    if (newest > 0 && epoch !== this.epoch) return false;
    let { next } = this;
    for (const { messageId } of entries) if (messageId > 0 && messageId !== ++next) return false;
    return true;
  }

  private forget(): void {
    this.gathered = [];
    this.entries = this.bytes = 0;
    this.next = this.position;
  }

  /**
   * From the last to the first, since who is let out gives its place to the last one; nobody joins meanwhile.
   * @returns how many left in place of being written to.
   */
  private write({ followers, outbounds }: Row<F>, frame: Buffer): number {
    let left = 0;
    for (let place = followers.length - 1; place >= 0; place--) {
      const outbound = outbounds[place]!;
      if (outbound.idle) {
        if (!outbound.pass(frame)) this.block(followers[place]!, outbound);
      } else if (!this.append(followers[place]!, outbound, frame)) left++;
    }
    return left;
  }

  /** Behind what waits there: with what its session has written in this turn, in one write. @returns false: there is no room, and it has left. */
  private append(follower: F, outbound: Outbound, frame: Buffer): boolean {
    if (!outbound.hasRoom()) {
      this.leave(follower);
      return false;
    }
    this.pushed(follower);
    outbound.push(frame, 0);
    return true;
  }

  /** The kernel did not take all of it. */
  private block(follower: F, outbound: Outbound): void {
    this.pushed(follower);
    outbound.flush();
  }

  /** What no log holds does not move anybody on. */
  private pushed(follower: F): void {
    if (this.next > this.position) follower.onPushed(this.position, this.next);
  }

  private remove(follower: F): void {
    const { followers, outbounds } = this.rowOf(follower.session.connection.encoding);
    const last = followers.pop()!;
    const lastOutbound = outbounds.pop()!;
    this.size--;
    if (last === follower) return;
    followers[follower.place] = last;
    outbounds[follower.place] = lastOutbound;
    last.place = follower.place;
  }

  private rowOf(codec: Codec): Row<F> {
    for (const row of this.rows) if (row.codec === codec) return row;
    const row: Row<F> = { codec, followers: [], outbounds: [] };
    this.rows.push(row);
    return row;
  }
}

const NOTHING = Buffer.alloc(0);

function frameOf(entries: readonly Outgoing[], codec: Codec): Buffer {
  const [first] = entries;
  if (first && entries.length === 1) return first.frame(codec);
  return Buffer.concat(entries.map((entry) => entry.frame(codec)));
}
