import type { DialectName } from './dialect.js';

/** Clients of one server, numbered from 0 within their group. */
export interface Group {
  readonly name: string;
  readonly url: string;
  readonly dialect: DialectName;
  readonly users: readonly string[];
  /** What each of them enters once it is there. */
  readonly room?: string;
  /** How many connect at once; default 50. */
  readonly atOnce?: number;
}

export interface Sending {
  /** The group that sends. */
  readonly from: string;
  /** Where its n-th client sends to. */
  readonly to: readonly string[];
  /** More of each message; `$id` stands for an id never used before. */
  readonly extra: string;
}

/** As fast as the receivers take it: so many messages of a sender are under way. */
export interface WindowOrder extends Sending {
  /**
   * The group whose n-th client gets what the n-th sender sends; one of a single client gets all. The senders' own where they get a copy of what
   * they send, or wait for its acceptance.
   */
  readonly receivers: string;
  /** What ends a message's way: its arrival (default), or that its sender is told of its acceptance. */
  readonly until?: 'arrival' | 'acceptance';
  readonly window: number;
}

/** So many a second in all, come what may. */
export interface PaceOrder extends Sending {
  readonly rate: number;
  readonly messages: number;
}

export interface BeatOrder {
  /** Groups. */
  readonly names: readonly string[];
  /** Each client pings once in so many ms. */
  readonly everyMs: number;
}

/** What a generator does when told. */
export interface Orders {
  /** Resolves with the ms it took until all were there. */
  open(group: Group): number;
  close(name: string): void;
  window(order: WindowOrder): void;
  /** Resolves when all are sent: how late the sends were, ms. */
  pace(order: PaceOrder): readonly number[];
  /** From now on the latency of each message to the group is kept. */
  time(name: string): void;
  beat(order: BeatOrder): void;
  /** Stops sending, and pinging. */
  stop(): void;
  counts(): Counts;
  latencies(): readonly number[];
}

export interface Counts {
  readonly sent: number;
  readonly delivered: number;
  readonly accepted: number;
  /** Given up: nothing came for a while. */
  readonly lost: number;
}

export type OrderName = keyof Orders;
export interface Order {
  readonly id: number;
  readonly name: OrderName;
  readonly argument: unknown;
}
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}
