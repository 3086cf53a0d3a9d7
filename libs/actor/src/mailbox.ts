/** Slots that one pool keeps for reuse: half a megabyte with the rings around them. */
const SLOTS_KEPT = 16_384;
/** A ring that has grown past this many slots is not kept. */
const LARGEST_KEPT = 8192;

/** A queue in a ring of slots: no allocation per item, doubling when it is full. Who bounds it asks `length` first. */
export class Ring<T> {
  length = 0;
  private head = 0;
  /** Their number is a power of two. A literal is what makes a ring cheap to make. */
  private slots: (T | undefined)[] = [undefined, undefined, undefined, undefined];

  push(item: T): void {
    if (this.length === this.slots.length) this.grow();
    this.slots[(this.head + this.length++) & (this.slots.length - 1)] = item;
  }

  /** The oldest; only when `length > 0`. */
  shift(): T {
    const { slots, head } = this;
    const item = slots[head] as T;
    slots[head] = undefined;
    this.head = (head + 1) & (slots.length - 1);
    this.length--;
    return item;
  }

  /** Puts `items` before all others, in their order. */
  unshiftAll(items: readonly T[]): void {
    for (let i = items.length - 1; i >= 0; i--) {
      if (this.length === this.slots.length) this.grow();
      this.head = (this.head - 1) & (this.slots.length - 1);
      this.slots[this.head] = items[i];
      this.length++;
    }
  }

  /** Everything, oldest first; leaves the ring empty. */
  takeAll(): T[] {
    const items: T[] = [];
    while (this.length > 0) items.push(this.shift());
    return items;
  }

  get slotCount(): number {
    return this.slots.length;
  }

  private grow(): void {
    const { slots, head } = this;
    const larger = [...slots.slice(head), ...slots.slice(0, head)];
    larger.length = slots.length * 2;
    this.slots = larger;
    this.head = 0;
  }
}

/**
 * Empty rings of the actors that are idle now. A mailbox borrows one with its first message and gives it back when it is empty,
 * so an idle actor has none; the last one given back, warm and grown, is the first one lent.
 */
export class RingPool<T> {
  private readonly rings: Ring<T>[] = [];
  private kept = 0;

  lend(): Ring<T> {
    const ring = this.rings.pop();
    if (ring === undefined) return new Ring<T>();
    this.kept -= ring.slotCount;
    return ring;
  }

  giveBack(ring: Ring<T>): void {
    if (ring.slotCount > LARGEST_KEPT || this.kept >= SLOTS_KEPT) return;
    this.kept += ring.slotCount;
    this.rings.push(ring);
  }
}
