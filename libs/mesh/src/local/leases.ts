import { systemClock, type Clock } from '#actor';
import type { HoldResult, Lease, LeaseStore, LiveLease } from '../lease-store.js';

interface Held {
  readonly lease: Lease;
  readonly until: number;
}

/** Leases in memory, for the instances of one process. */
export class LocalLeases implements LeaseStore {
  private readonly held = new Map<string, Held>();

  constructor(private readonly clock: Clock = systemClock) {}

  hold(leases: readonly Lease[], ttlMs: number, next?: string): Promise<HoldResult> {
    this.forgetExpired();
    if (leases.some((lease) => this.isTaken(lease, next))) return Promise.resolve({ held: false, reason: 'taken' });
    const renewed = next !== undefined && !leases.every((lease) => this.holderOf(lease) === lease.incarnation);
    const until = this.clock.now() + ttlMs;
    for (const lease of leases) {
      this.held.set(keyOf(lease), { lease: renewed ? { ...lease, incarnation: next } : lease, until });
    }
    return Promise.resolve({ held: true, live: this.live(), renewed });
  }

  /** All are gone at once, as when the store loses its data. */
  clear(): void {
    this.held.clear();
  }

  release(leases: readonly Lease[]): Promise<void> {
    for (const lease of leases) {
      if (this.held.get(keyOf(lease))?.lease.incarnation === lease.incarnation) this.held.delete(keyOf(lease));
    }
    return Promise.resolve();
  }

  private holderOf(lease: Lease): string | undefined {
    return this.held.get(keyOf(lease))?.lease.incarnation;
  }

  private isTaken(lease: Lease, next: string | undefined): boolean {
    const holder = this.holderOf(lease);
    return holder !== undefined && holder !== lease.incarnation && holder !== next;
  }

  private live(): LiveLease[] {
    const now = this.clock.now();
    return [...this.held.values()].map(({ lease, until }) => ({ ...lease, remainingMs: until - now }));
  }

  private forgetExpired(): void {
    const now = this.clock.now();
    for (const [key, { until }] of this.held) if (until <= now) this.held.delete(key);
  }
}

const keyOf = (lease: Lease): string => `${lease.role}:${lease.id}`;
