import type { FrameCounts } from './publication.js';

/**
 * The wire under the mesh: moves opaque frames between addresses. An address is `role:id` (one instance) or `role:*` (every
 * instance of a role). Contract, proven for every carrier by one suite:
 * - frames from one sender to one address arrive in the order sent, each at most once;
 * - `send` never blocks and never throws; what cannot be carried is reported through `CarrierEvents`;
 * - after `start` resolves, frames sent to the carrier's own addresses by others arrive;
 * - after `stop` resolves, nothing arrives any more.
 */
export interface Carrier {
  /** Of a carrier by Redis' pub/sub, where an address is the channel of that name on the one server that all talk to. */
  readonly frames?: FrameCounts | undefined;
  /** Listens on the given addresses (each instance: its own `role:id` and `role:*` for each of its roles). */
  start(addresses: readonly string[], events: CarrierEvents): Promise<void>;
  /** Sends one frame to one address. */
  send(address: string, frame: Buffer): void;
  stop(): Promise<void>;
}

export interface CarrierEvents {
  /** A frame arrived. The buffer is the receiver's to keep. */
  onFrame(frame: Buffer): void;
  /**
   * Nobody listens on `address` any more (the carrier knows for certain), or the frame could not be sent. Lets asks fail, and
   * idempotent ones go to another owner, before the lease runs out.
   */
  onUndeliverable(address: string, frame: Buffer): void;
  /**
   * Whether this process can send and hear just now. After `false`, frames may have been missed: when it turns `true` again the
   * app catches up from the logs.
   */
  onConnected(connected: boolean): void;
}
