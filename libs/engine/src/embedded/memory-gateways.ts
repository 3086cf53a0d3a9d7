import type { GatewayProcess } from '../port.js';

interface Attached {
  readonly gateway: GatewayProcess;
  readonly until: number;
}

/**
 * Gateway processes by key (a user who is watched, a conversation that is subscribed to), each gone when not attached again for the TTL.
 * Keys are kept in the order in which they were last attached to, so those that have run out unseen are found at the front.
 */
export class MemoryGateways {
  private readonly keys = new Map<string, Map<string, Attached>>();

  constructor(
    private readonly ttlMs: number,
    private readonly now: () => number,
  ) {}

  /** Keys held, those run out and not yet found included. */
  get size(): number {
    return this.keys.size;
  }

  attach(key: string, gateway: GatewayProcess): void {
    const attached = this.keys.get(key) ?? new Map<string, Attached>();
    attached.set(nameOf(gateway), { gateway, until: this.now() + this.ttlMs });
    this.keys.delete(key);
    this.keys.set(key, attached);
    this.dropStale();
  }

  /** Extends what is still there; returns whether it was. */
  extend(key: string, gateway: GatewayProcess): boolean {
    const there = this.of(key).some((live) => nameOf(live) === nameOf(gateway));
    if (there) this.attach(key, gateway);
    return there;
  }

  detach(key: string, gateway: GatewayProcess): void {
    const attached = this.keys.get(key);
    attached?.delete(nameOf(gateway));
    if (attached?.size === 0) this.keys.delete(key);
  }

  /** Live ones; stale ones are dropped on the way. */
  of(key: string): GatewayProcess[] {
    const attached = this.keys.get(key);
    if (!attached) return [];
    for (const { gateway, until } of attached.values()) if (until <= this.now()) this.detach(key, gateway);
    return [...attached.values()].map(({ gateway }) => gateway);
  }

  /** The gateways, each once, whatever their incarnations. */
  idsOf(key: string): string[] {
    return [...new Set(this.of(key).map(({ gatewayId }) => gatewayId))];
  }

  private dropStale(): void {
    for (const key of this.keys.keys()) if (this.of(key).length > 0) return;
  }
}

function nameOf({ gatewayId, incarnation }: GatewayProcess): string {
  return JSON.stringify([gatewayId, incarnation]);
}
