/** A place in a circular chain. One that is in no chain is linked to itself, so `unlink` is always allowed. */
export class Link {
  prev: Link = this;
  next: Link = this;

  unlink(): void {
    this.prev.next = this.next;
    this.next.prev = this.prev;
    this.prev = this;
    this.next = this;
  }
}

/** A list of items that carry their own links: nothing is allocated to join it, and leaving costs O(1). */
export class Chain<T extends Link> {
  private readonly ends = new Link();

  /** Moves `item` here, to the end, from wherever it was. */
  add(item: T): void {
    item.unlink();
    const { ends } = this;
    item.prev = ends.prev;
    item.next = ends;
    ends.prev.next = item;
    ends.prev = item;
  }

  get first(): T | undefined {
    return this.ends.next === this.ends ? undefined : (this.ends.next as T);
  }

  get empty(): boolean {
    return this.ends.next === this.ends;
  }

  /** What is here now, in order: a copy, so that items may leave meanwhile. */
  all(): T[] {
    const items: T[] = [];
    for (let at = this.ends.next; at !== this.ends; at = at.next) items.push(at as T);
    return items;
  }
}
