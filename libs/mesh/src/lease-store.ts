/** One instance's place in the mesh. */
export interface Lease {
  /** Unique among live instances of a role, e.g. `gateway-01`. */
  readonly id: string;
  readonly role: string;
  /** Random per process start: tells a restarted instance from its former self. */
  readonly incarnation: string;
}

export interface LiveLease extends Lease {
  /** Milliseconds of life left, by the store's own clock, when the answer was made. */
  readonly remainingMs: number;
}

/** What `hold` found. `taken`: another live incarnation has this (role, id): do not start, or fence yourself. */
export type HoldResult =
  { readonly held: true; readonly live: readonly LiveLease[] } | { readonly held: false; readonly reason: 'taken' };

/**
 * Where leases are kept: a compare-and-set on (role, id) in one atomic step, time from the store. Implemented by the engine.
 */
export interface LeaseStore {
  /**
   * Takes or renews all `leases` of this process for `ttlMs` and returns every live lease of every role. All or nothing: if one of them
   * is held by another live incarnation, none is taken.
   */
  hold(leases: readonly Lease[], ttlMs: number): Promise<HoldResult>;
  /** Gives them up, if this incarnation still holds them. */
  release(leases: readonly Lease[]): Promise<void>;
}
