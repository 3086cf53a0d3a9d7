import type { Carrier, CarrierEvents } from '../carrier.js';

interface Parcel {
  readonly sender: LocalCarrier;
  readonly address: string;
  readonly frame: Buffer;
}

/** Joins the `LocalCarrier`s of one process. Frames are delivered in a later turn, in the order sent, never from within `send`. */
export class LocalHub {
  private readonly listeners = new Map<string, Set<LocalCarrier>>();
  private waiting: Parcel[] = [];

  /** Contract of `LocalCarrier` alone. */
  listen(address: string, carrier: LocalCarrier): void {
    const set = this.listeners.get(address);
    if (set) set.add(carrier);
    else this.listeners.set(address, new Set([carrier]));
  }

  unlisten(address: string, carrier: LocalCarrier): void {
    const set = this.listeners.get(address);
    set?.delete(carrier);
    if (set?.size === 0) this.listeners.delete(address);
  }

  post(parcel: Parcel): void {
    if (this.waiting.push(parcel) === 1) setImmediate(() => this.deliver());
  }

  private deliver(): void {
    const parcels = this.waiting;
    this.waiting = [];
    for (const { sender, address, frame } of parcels) {
      const listeners = this.listeners.get(address);
      if (listeners) for (const carrier of listeners) carrier.receive(listeners.size > 1 ? Buffer.from(frame) : frame);
      else sender.undeliverable(address, frame);
    }
  }
}

/** The carrier for several instances in one process. */
export class LocalCarrier implements Carrier {
  private addresses: readonly string[] = [];
  private events: CarrierEvents | undefined;

  constructor(private readonly hub: LocalHub) {}

  start(addresses: readonly string[], events: CarrierEvents): Promise<void> {
    this.addresses = [...addresses];
    this.events = events;
    for (const address of this.addresses) this.hub.listen(address, this);
    events.onConnected(true);
    return Promise.resolve();
  }

  send(address: string, frame: Buffer): void {
    if (this.events) this.hub.post({ sender: this, address, frame });
  }

  stop(): Promise<void> {
    for (const address of this.addresses) this.hub.unlisten(address, this);
    this.events = undefined;
    return Promise.resolve();
  }

  receive(frame: Buffer): void {
    this.events?.onFrame(frame);
  }

  undeliverable(address: string, frame: Buffer): void {
    this.events?.onUndeliverable(address, frame);
  }
}
