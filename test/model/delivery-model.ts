/** A value that only the server knows exactly. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

export interface Entry {
  readonly from: string;
  readonly id: string | undefined;
  readonly content: string;
}

const NOTHING: Range = { least: 0, most: 0 };

/** One inbox after PROTOCOL.md §4: an array, which ids it has seen, and how far each device is. */
export class InboxModel {
  readonly entries: Entry[] = [];
  /** Named by the server at the first registration; the log has one life only. */
  epoch: string | undefined;
  /** Up to which the owner has acknowledged as read. */
  read = 0;
  private readonly ids = new Map<string, number>();
  private readonly cursors = new Map<string | undefined, Range>();

  get length(): number {
    return this.entries.length;
  }

  /** Its id, if it is there already (§4.2). */
  find({ from, id }: Entry): number | undefined {
    return id === undefined ? undefined : this.ids.get(`${from} ${id}`);
  }

  /** Stores it once; its id. */
  append(entry: Entry): number {
    const known = this.find(entry);
    if (known !== undefined) return known;
    const messageId = this.entries.push(entry);
    if (entry.id !== undefined) this.ids.set(`${entry.from} ${entry.id}`, messageId);
    return messageId;
  }

  /** What a device (default: any) has saved. */
  saved(device?: string): Range {
    return this.cursors.get(device) ?? NOTHING;
  }

  /** Where a device goes on that names no cursor (§4.4): at its own, else at the owner's. */
  cursorOf(device: string | undefined): Range {
    const owner = this.saved();
    const own = device === undefined ? owner : this.saved(device);
    if (own.least > 0) return own;
    if (own.most === 0) return owner;
    return { least: Math.min(owner.least, 1), most: Math.max(own.most, owner.most) };
  }

  /** The device may have saved (`sure`: has saved) all up to `messageId`; cursors only go forward. */
  save(device: string | undefined, messageId: number, sure: boolean): void {
    const upTo = Math.min(messageId, this.length);
    for (const reader of new Set([undefined, device])) {
      const { least, most } = this.saved(reader);
      this.cursors.set(reader, { least: sure ? Math.max(least, upTo) : least, most: Math.max(most, upTo) });
    }
  }
}

export interface Connected {
  readonly slot: number;
  readonly user: string;
  readonly device: string | undefined;
  readonly ack: 'auto' | 'manual';
}

/** As PROTOCOL.md §4.8 has it by default. */
const MAX_CONNECTIONS_PER_USER = 3;

/** The world as clients may know it. */
export class DeliveryModel {
  /** Oldest first. */
  connections: readonly Connected[] = [];
  private readonly inboxes = new Map<string, InboxModel>();

  inbox(user: string): InboxModel {
    const known = this.inboxes.get(user);
    if (known) return known;
    const inbox = new InboxModel();
    this.inboxes.set(user, inbox);
    return inbox;
  }

  at(slot: number): Connected | undefined {
    return this.connections.find((one) => one.slot === slot);
  }

  of(user: string): readonly Connected[] {
    return this.connections.filter((one) => one.user === user);
  }

  /** One more takes the place of the oldest. */
  full(user: string): boolean {
    return this.of(user).length >= MAX_CONNECTIONS_PER_USER;
  }

  /** Those that a new connection takes the place of (§4.8). */
  replacedBy({ user, device }: Pick<Connected, 'user' | 'device'>): readonly Connected[] {
    const others = this.of(user);
    const same = others.filter((one) => device !== undefined && one.device === device);
    const left = others.filter((one) => !same.includes(one));
    return [...same, ...left.slice(0, Math.max(0, left.length + 1 - MAX_CONNECTIONS_PER_USER))];
  }

  connect(connected: Connected): void {
    this.connections = [...this.connections, connected];
  }

  disconnect(slot: number): void {
    this.connections = this.connections.filter((one) => one.slot !== slot);
  }
}
