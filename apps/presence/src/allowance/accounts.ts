import type { Rate } from '#service';

/** Accounts kept at most: beyond it, whoever has spent least lately is forgotten first, in that user's favour. */
export const ACCOUNTS_MAX = 100_000;
/** What is owed is owed for no longer than it takes to fill the bucket so many times: a flood is held off, not punished. */
const OWED_AT_MOST = 2;

/**
 * What users have spent of a rate, in memory alone: after a handover a user starts with a full bucket. Only who has spent something lately has an
 * account.
 */
export class Accounts {
  /** When each is full again; those that spent longest ago come first. */
  private readonly fullAt = new Map<string, number>();

  constructor(
    private readonly rate: Rate,
    private readonly max: number = ACCOUNTS_MAX,
  ) {}

  get size(): number {
    return this.fullAt.size;
  }

  /** Charges what is spent already. @returns for how long nothing more may be, ms; 0: it may. */
  charge(userId: string, frames: number, now: number): number {
    const { rate } = this;
    const most = now + OWED_AT_MOST * rate.burstMs;
    const fullAt = Math.min(rate.after(this.fullAt.get(userId) ?? 0, now, frames), most);
    this.fullAt.delete(userId);
    this.fullAt.set(userId, fullAt);
    this.forget(now);
    return rate.waitMs(fullAt, now);
  }

  /** From the front: those that are full again, and those that are too many. */
  private forget(now: number): void {
    for (const [userId, fullAt] of this.fullAt) {
      if (fullAt > now && this.fullAt.size <= this.max) return;
      this.fullAt.delete(userId);
    }
  }
}
