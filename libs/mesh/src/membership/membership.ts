import type { Clock, TimerHandle } from '#actor';
import type { Identity } from '../identity.js';
import type { HoldResult, Lease, LeaseStore } from '../lease-store.js';
import { View, type Changes } from './view.js';

/** Another live process has this instance id. */
export class InstanceTakenError extends Error {
  override readonly name = 'InstanceTakenError';
  constructor(id: string, roles: readonly string[]) {
    super(
      `Instance id "${id}" is held by another live instance (${roles.join(', ')}). Ids are unique: choose another, or wait ` +
        `until the lease of one that crashed has ended.`,
    );
  }
}

/**
 * - `outside`: not joined yet, or gone again.
 * - `member`: the lease is held.
 * - `lapsed`: the lease could not be renewed in time; no owner of anything until the store answers again.
 * - `usurped`: another incarnation holds the lease; over for good.
 */
export type Standing = 'outside' | 'member' | 'lapsed' | 'usurped';

export interface MembershipOptions {
  readonly identity: Identity;
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly beatMs: number;
  readonly ttlMs: number;
  readonly adriftMs: number;
  readonly onChanges: (changes: Changes) => void;
  /** The own lease lapsed, or was usurped. */
  readonly onFenced: (standing: 'lapsed' | 'usurped') => void;
  /** Held again after a lapse, or after the store had lost it. `renewed`: as a new incarnation. */
  readonly onRestored: (renewed: boolean) => void;
  /** At each beat. */
  readonly onBeat: () => void;
  readonly report: (error: unknown, doing: string) => void;
}

/** Holds the own leases by a beat and keeps the view of the others. */
export class Membership {
  readonly view: View;
  standing: Standing = 'outside';
  private leaving = false;
  private heldUntil = -Infinity;
  private freshUntil = -Infinity;
  /** After a gap of the store: nobody is declared dead before. */
  private sparingUntil = -Infinity;
  private beatTimer: TimerHandle;
  private expiryTimer: TimerHandle;
  /** The question under way; answers to any other are too old. */
  private asking: Promise<void> | undefined;
  private askedAt = 0;
  private askAgain = false;
  private beatAt = 0;
  /** The store has failed the last who asked it, for as long as the beat went on without a gap. */
  private failing = false;

  constructor(private readonly options: MembershipOptions) {
    this.view = new View(options.ttlMs);
  }

  /** Takes the leases and begins to beat. Rejects with `InstanceTakenError`, or with the store's error. */
  async begin(): Promise<void> {
    const { clock, leases, ttlMs, identity } = this.options;
    const askedAt = clock.now();
    const result = await leases.hold(this.own(identity.incarnation), ttlMs);
    if (!result.held) throw new InstanceTakenError(identity.id, identity.roles);
    this.standing = 'member';
    this.beatAt = clock.now();
    this.held(result, askedAt);
    this.scheduleBeat();
  }

  /** From now on no keys, here and with everybody who reads the store. */
  retire(): void {
    this.leaving = true;
    const { roles, id, incarnation } = this.options.identity;
    for (const role of roles) this.options.onChanges(this.view.saidLeaving(role, id, incarnation));
    this.refresh();
  }

  /** Reads the store now rather than at the next beat. */
  refresh(): void {
    if (this.standing === 'member' || this.standing === 'lapsed') this.beat();
  }

  announced(event: 'joined' | 'leaving' | 'left', role: string, id: string, incarnation: string): void {
    if (this.standing === 'outside' || this.options.identity.is(incarnation)) return;
    const now = this.options.clock.now();
    if (event === 'joined') this.options.onChanges(this.view.announced(role, id, incarnation, now));
    else if (event === 'leaving') this.options.onChanges(this.view.saidLeaving(role, id, incarnation));
    else this.options.onChanges(this.view.saidGoodbye(role, id, incarnation, now));
    this.scheduleExpiry();
  }

  /** True while this process may act for its roles. Looks at the clock: a process that was frozen knows before its timers fire. */
  acts(): boolean {
    const now = this.options.clock.now();
    if (this.standing === 'member' && now >= this.heldUntil && !this.adrift(now)) this.lapse();
    return this.standing === 'member';
  }

  /** Stops beating and gives the leases up. Rejects with the store's error. */
  async end(): Promise<void> {
    const held = this.standing === 'member' || this.standing === 'lapsed';
    this.halt('outside');
    // A hold under way would take the leases again after the release.
    await this.asking;
    const { incarnation, next } = this.options.identity;
    // By `next` where the answer to the last hold was lost.
    if (held) await this.options.leases.release([...this.own(incarnation), ...this.own(next)]);
  }

  private own(incarnation: string): Lease[] {
    const { id, roles } = this.options.identity;
    return roles.map((role) => ({ role, id, ...(this.leaving && { leaving: true }), incarnation }));
  }

  /** Whoever could take over needs the store too. One that was frozen has not seen it fail: it does not know what happened meanwhile. */
  private adrift(now: number): boolean {
    const { beatMs, adriftMs } = this.options;
    return this.failing && now - this.beatAt <= 2 * beatMs && now < this.heldUntil + adriftMs;
  }

  private halt(standing: 'outside' | 'usurped'): void {
    this.standing = standing;
    for (const timer of [this.beatTimer, this.expiryTimer]) {
      if (timer !== undefined) this.options.clock.clearTimeout(timer);
    }
    this.beatTimer = this.expiryTimer = undefined;
  }

  private scheduleBeat(): void {
    this.beatTimer = this.options.clock.setTimeout(() => {
      this.scheduleBeat();
      this.beat();
    }, this.options.beatMs);
  }

  private beat(): void {
    const now = this.options.clock.now();
    this.thaw(now);
    this.beatAt = now;
    this.options.onBeat();
    if (this.asking && now - this.askedAt < this.options.ttlMs) {
      this.askAgain = true;
      return;
    }
    this.askAgain = false;
    this.askedAt = now;
    const asking = this.ask(now).finally(() => {
      if (this.asking !== asking) return;
      this.asking = undefined;
      if (this.askAgain) this.refresh();
    });
    this.asking = asking;
  }

  /** Interleaving: frozen while adrift → the first beat fails as those before did → it would pass for adrift all the time. */
  private thaw(now: number): void {
    if (now - this.beatAt <= 2 * this.options.beatMs) return;
    this.failing = false;
    this.acts();
  }

  private async ask(askedAt: number): Promise<void> {
    const { leases, ttlMs, identity } = this.options;
    try {
      const result = await leases.hold(this.own(identity.incarnation), ttlMs, identity.next);
      if (this.askedAt === askedAt) this.answered(result, askedAt);
    } catch (error) {
      this.failing = true;
      this.options.report(error, 'renewing the lease');
    }
  }

  private answered(result: HoldResult, askedAt: number): void {
    if (this.standing === 'outside' || this.standing === 'usurped') return;
    if (!result.held) {
      this.halt('usurped');
      this.options.onFenced('usurped');
      return;
    }
    const { clock, beatMs, identity } = this.options;
    const { renewed = false } = result;
    this.failing = false;
    const restored = this.standing === 'lapsed' || renewed;
    this.standing = 'member';
    // Where the own lease was lost, those of others may have been, though they beat.
    if (restored || clock.now() >= this.heldUntil) this.sparingUntil = clock.now() + 2 * beatMs;
    if (renewed) identity.renew();
    this.held(result, askedAt);
    if (restored) this.options.onRestored(renewed);
  }

  private held(result: Extract<HoldResult, { held: true }>, askedAt: number): void {
    const { ttlMs, beatMs, clock } = this.options;
    const now = clock.now();
    const sparing = now < this.sparingUntil;
    if (sparing) this.view.spare(this.sparingUntil);
    this.heldUntil = askedAt + ttlMs;
    this.freshUntil = askedAt + 2 * beatMs;
    this.options.onChanges(this.view.answered(result.live, askedAt, now, sparing));
    this.scheduleExpiry();
  }

  private lapse(): void {
    this.standing = 'lapsed';
    this.options.onFenced('lapsed');
  }

  /** One timer for the next lease to end, the own one included. */
  private scheduleExpiry(): void {
    const { clock } = this.options;
    if (this.expiryTimer !== undefined) clock.clearTimeout(this.expiryTimer);
    const mine = this.standing === 'member' ? this.mineUntil() : Infinity;
    const next = Math.min(this.view.nextExpiry(), mine);
    this.expiryTimer =
      next === Infinity ? undefined : clock.setTimeout(() => this.expire(), Math.max(0, next - clock.now()));
  }

  private mineUntil(): number {
    const { clock, adriftMs } = this.options;
    return clock.now() < this.heldUntil ? this.heldUntil : this.heldUntil + adriftMs;
  }

  /**
   * A lease that ran out counts only while the store is heard: a process cut off from the store knows nothing of the others' beats, and
   * must not declare them dead (whoever sweeps after the dead would sweep the living). It fences itself instead.
   */
  private expire(): void {
    const now = this.options.clock.now();
    this.acts();
    if (now <= this.freshUntil) this.options.onChanges(this.view.expired(now));
    else this.view.spare(now + this.options.beatMs);
    this.scheduleExpiry();
  }
}
