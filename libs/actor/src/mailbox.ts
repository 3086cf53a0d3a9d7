/** Slots of a fresh ring. A power of two, as is every later size. */
const FIRST_SLOTS = 8;
/** Rings that have grown past this many slots are not kept for reuse. */
const LARGEST_KEPT = 1024;
/** Empty rings kept for reuse by one pool. */
const RINGS_KEPT = 256;

/** A queue in a ring of slots: no allocation per item, doubling when it is full. Who bounds it asks `length` first. */
export class Ring<T> {
  length = 0;
  private head = 0;
  private slots: (T | undefined)[] = Array.from({ length: FIRST_SLOTS });

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

  lend(): Ring<T> {
    return this.rings.pop() ?? new Ring<T>();
  }

  giveBack(ring: Ring<T>): void {
    if (this.rings.length < RINGS_KEPT && ring.slotCount <= LARGEST_KEPT) this.rings.push(ring);
  }
}
