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
  /** Errors answered, by code. */
  readonly errors = new Map<string, number>();

  count<K>(map: Map<K, number>, key: K): void {
    map.set(key, (map.get(key) ?? 0) + 1);
  }
}
