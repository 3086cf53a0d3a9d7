/** One instance's place in the mesh. */
export interface Lease {
  /** Unique among live instances of a role, e.g. `gateway-01`. */
  readonly id: string;
  readonly role: string;
  /** Random per process start: tells a restarted instance from its former self. */
  readonly incarnation: string;
  /** On its way out: gets no keys any more. */
  readonly leaving?: boolean;
}

export interface LiveLease extends Lease {
  /** Milliseconds of life left, by the store's own clock, when the answer was made. */
  readonly remainingMs: number;
}

/**
 * What `hold` found. `taken`: another live incarnation has this (role, id): do not start, or fence yourself. `renewed`: the leases had ended, and
 * are held as the incarnation `next` now.
 */
export type HoldResult =
  | { readonly held: true; readonly live: readonly LiveLease[]; readonly renewed?: boolean }
  | { readonly held: false; readonly reason: 'taken' };

/**
 * Where leases are kept: a compare-and-set on (role, id) in one atomic step, time from the store. Implemented by the engine.
 */
export interface LeaseStore {
  /**
   * Takes or renews all `leases` of this process for `ttlMs` and returns every live lease of every role. All or nothing: if one of them
   * is held by another live incarnation, none is taken.
   *
   * `next` names the incarnation to hold them as where one of them is not held any more (it ended, or was lost with the store's data): others
   * may have given its holder up for dead, so it must not come back as who it was. A lease held by `next` already is this process's
   * own: the answer to an earlier call was lost.
   */
  hold(leases: readonly Lease[], ttlMs: number, next?: string): Promise<HoldResult>;
  /** Gives them up, if this incarnation still holds them. */
  release(leases: readonly Lease[]): Promise<void>;
}
