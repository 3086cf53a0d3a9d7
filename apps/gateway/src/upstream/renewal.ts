import type { Clock, TimerHandle } from '#actor';
import type { Member } from '#mesh';
import { Wheel } from '../connection/wheel.js';

/** Names known to a service are renewed once in so many ms; the service forgets what is not renewed for 90 s. */
const RENEW_MS = 30_000;
/** What could not be renewed is tried again after so many ms. */
const RETRY_MS = 5_000;
/** Names in one call. */
export const RENEWAL_BATCH = 500;

/** The service whose instances must know the names. */
export interface RenewedAt {
  /** The instance that a name is placed on; undefined while there is none. */
  owner(name: string): Member | undefined;
  /** Tells `owner` that these are still wanted; rejects where it could not be told. */
  renew(owner: Member, names: readonly string[]): Promise<void>;
  /** Could not be renewed; tried again soon. */
  onFailed(names: readonly string[], error: unknown): void;
}

/** Keeps names (watched users, subscribed conversations) known to the instances that own them: in batches by owner, with one timer for all. */
export class Renewal {
  private readonly wheel: Wheel<string>;
  private readonly failed = new Set<string>();
  private timer: TimerHandle = undefined;

  constructor(
    private readonly clock: Clock,
    private readonly at: RenewedAt,
  ) {
    this.wheel = new Wheel(clock, RENEW_MS, (names) => this.renew(names));
  }

  get size(): number {
    return this.wheel.size;
  }

  add(name: string): void {
    this.wheel.add(name);
  }

  remove(name: string): void {
    this.wheel.remove(name);
    this.failed.delete(name);
  }

  /** Whether the last renewal of the name has failed: what is known of it may be out of date. */
  isFailing(name: string): boolean {
    return this.failed.has(name);
  }

  renew(names: Iterable<string>): void {
    for (const { owner, some } of byOwner(names, (name) => this.at.owner(name))) void this.renewAt(owner, some);
  }

  stop(): void {
    this.wheel.stop();
    this.failed.clear();
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async renewAt(owner: Member | undefined, names: readonly string[]): Promise<void> {
    try {
      if (!owner) throw new Error('nobody there to be told');
      await this.at.renew(owner, names);
      for (const name of names) this.failed.delete(name);
    } catch (error) {
      this.at.onFailed(names, error);
      this.later(names);
    }
  }

  /** A name that was removed meanwhile is tried once more for nothing: `renew` leaves out what nobody wants. */
  private later(names: readonly string[]): void {
    for (const name of names) this.failed.add(name);
    this.timer ??= this.clock.setTimeout(this.retry, RETRY_MS);
  }

  private readonly retry = (): void => {
    this.timer = undefined;
    this.renew([...this.failed]);
  };
}

/** Names that go to one instance in one call. */
export interface Batch {
  readonly owner: Member | undefined;
  readonly some: readonly string[];
}

/** Batches of at most 500 names, each of one owner. */
export function byOwner(names: Iterable<string>, ownerOf: (name: string) => Member | undefined): Batch[] {
  const groups = new Map<string | undefined, { readonly owner: Member | undefined; readonly all: string[] }>();
  for (const name of names) {
    const owner = ownerOf(name);
    const group = groups.get(owner?.id);
    if (group) group.all.push(name);
    else groups.set(owner?.id, { owner, all: [name] });
  }
  return [...groups.values()].flatMap(({ owner, all }) =>
    Array.from({ length: Math.ceil(all.length / RENEWAL_BATCH) }, (_, i) => ({
      owner,
      some: all.slice(i * RENEWAL_BATCH, (i + 1) * RENEWAL_BATCH),
    })),
  );
}
