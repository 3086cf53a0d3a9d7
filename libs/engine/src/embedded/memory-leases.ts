import type { LeaseRecord, Leases } from '../port.js';

type HoldResult = Awaited<ReturnType<Leases['hold']>>;
type Held = LeaseRecord & { readonly expires: number };

/** Leases of the one process there is. Each method runs to its end in one turn, and so is atomic. */
export class MemoryLeases implements Leases {
  private readonly held = new Map<string, Held>();

  constructor(private readonly now: () => number) {}

  hold(leases: readonly LeaseRecord[], ttlMs: number, next?: string): Promise<HoldResult> {
    const now = this.now();
    for (const [key, lease] of this.held) if (lease.expires <= now) this.held.delete(key);
    if (leases.some((lease) => this.isAnothers(lease, next))) return Promise.resolve({ held: false, reason: 'taken' });
    const renewed = next !== undefined && !leases.every((lease) => this.holderOf(lease) === lease.incarnation);
    for (const lease of leases) {
      this.held.set(keyOf(lease), { ...lease, ...(renewed && { incarnation: next }), expires: now + ttlMs });
    }
    const live = [...this.held.values()].map(({ expires, ...lease }) => ({ ...lease, remainingMs: expires - now }));
    return Promise.resolve({ held: true, live, renewed });
  }

  release(leases: readonly LeaseRecord[]): Promise<void> {
    for (const lease of leases) if (!this.isAnothers(lease)) this.held.delete(keyOf(lease));
    return Promise.resolve();
  }

  private holderOf(lease: LeaseRecord): string | undefined {
    return this.held.get(keyOf(lease))?.incarnation;
  }

  private isAnothers(lease: LeaseRecord, next?: string): boolean {
    const holder = this.holderOf(lease);
    return holder !== undefined && holder !== lease.incarnation && holder !== next;
  }
}

function keyOf({ role, id }: Pick<LeaseRecord, 'role' | 'id'>): string {
  return JSON.stringify([role, id]);
}
