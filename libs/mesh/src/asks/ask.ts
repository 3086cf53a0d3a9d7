import type { AskSink } from '../mesh.js';
import type { Peer } from '../membership/peer.js';

/** A key that stays with `peer` for as long as asks for it wait there. */
export interface Pin {
  readonly name: string;
  readonly peer: Peer;
  waiting: number;
}

/** One ask that waits for its answer. */
export interface Ask {
  readonly correlation: number;
  readonly role: string;
  /** Undefined for an ask to one instance. */
  readonly key: string | undefined;
  readonly pattern: string;
  readonly data: unknown;
  readonly trace: string | undefined;
  readonly idempotent: boolean;
  readonly sink: AskSink<unknown>;
  /** Who is to answer. */
  peer: Peer;
  pin: Pin | undefined;
}
