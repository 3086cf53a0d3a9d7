import { Injectable } from '@nestjs/common';

/** What the gateway counts, from its start. */
@Injectable()
export class Counters {
  /** Messages of clients here that a router has stored (or, ephemeral, passed on). */
  accepted = 0;
  /** Messages written to clients here. */
  delivered = 0;
  /** Connections ended, by close code. */
  readonly closed = new Map<number, number>();
  /** Upgrades refused, by HTTP status. */
  readonly refused = new Map<number, number>();
  /** What clients ran into, by limit; upgrades refused, by why. */
  readonly limited = new Map<string, number>();
  /** Errors answered, by code. */
  readonly errors = new Map<string, number>();

  /** An upgrade was answered with HTTP: by status, and by why. */
  countRefused({ status, reason }: { readonly status: number; readonly reason: string }): void {
    this.count(this.refused, status);
    this.count(this.limited, reason);
  }

  count<K>(map: Map<K, number>, key: K): void {
    map.set(key, (map.get(key) ?? 0) + 1);
  }
}
