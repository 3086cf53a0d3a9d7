import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Clock, TimerHandle } from '#actor';
import type { SpendReply, UserSpent } from '#contract';
import { CLOCK, CONFIG, Rate } from '#service';
import type { GatewayConfig } from '../config.js';
import { Presences } from '../upstream/presences.js';
import { byOwner } from '../upstream/renewal.js';

/** What users have spent is told once in so many ms. */
export const REPORT_MS = 250;

/** A user who sends quickly. */
interface Spending {
  /** Of the user's share here: when it is full again. */
  fullAt: number;
  /** Frames since the last report. */
  frames: number;
  /** The share was exceeded since the last report. */
  over: boolean;
  /** Presence says: no more until then. */
  limitedUntil: number;
}

/**
 * The rate of a user over all gateways. Presence keeps the account; here is only what saves asking it: each of the `MAX_CONNECTIONS_PER_USER`
 * connections that a user may have has a share of the rate, and whoever keeps to the share (one connection within `RATE_LIMIT_FRAMES` does, with the
 * defaults) is not reported. So what is not reported can add up to the rate once more at most, and nobody waits for an answer.
 */
@Injectable()
export class UserPace implements OnModuleDestroy {
  private readonly logger = new Logger(UserPace.name);
  private readonly share: Rate | undefined;
  /** Those who have not kept quiet lately, or must wait. */
  private readonly users = new Map<string, Spending>();
  private timer: TimerHandle = undefined;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) config: GatewayConfig,
    private readonly presences: Presences,
  ) {
    const { MAX_CONNECTIONS_PER_USER: connections } = config;
    const burst = config.USER_RATE_LIMIT_FRAMES_BURST / connections;
    this.share = Rate.of(config.USER_RATE_LIMIT_FRAMES / connections, burst);
  }

  /** Users that are looked at. */
  get size(): number {
    return this.users.size;
  }

  /** A frame of the user has come, `sinceMs` after the one before on its connection. @returns how long to wait, ms; 0: it is taken. */
  take(userId: string, now: number, sinceMs: number): number {
    const { share, users } = this;
    if (!share) return 0;
    const quiet = sinceMs >= share.msPerToken;
    if (quiet && users.size === 0) return 0;
    const spending = users.get(userId) ?? (quiet ? undefined : this.begin(userId));
    if (!spending) return 0;
    if (now < spending.limitedUntil) return Math.ceil(spending.limitedUntil - now);
    spend(spending, share, now);
    return 0;
  }

  onModuleDestroy(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.users.clear();
  }

  private begin(userId: string): Spending {
    const spending: Spending = { fullAt: 0, frames: 0, over: false, limitedUntil: 0 };
    this.users.set(userId, spending);
    this.timer ??= this.clock.setTimeout(this.report, REPORT_MS);
    return spending;
  }

  private readonly report = (): void => {
    this.timer = undefined;
    const spent = this.settle(this.clock.now());
    for (const { owner, some } of byOwner(spent.keys(), (userId) => this.presences.owner(userId)))
      if (owner)
        this.tell(
          owner.id,
          some.map((userId) => ({ userId, frames: spent.get(userId) ?? 0 })),
        );
    if (this.users.size > 0) this.timer = this.clock.setTimeout(this.report, REPORT_MS);
  };

  /** What is to be reported; whoever is quiet again is forgotten. */
  private settle(now: number): ReadonlyMap<string, number> {
    const spent = new Map<string, number>();
    for (const [userId, spending] of this.users) {
      if (spending.over) spent.set(userId, spending.frames);
      spending.frames = 0;
      spending.over = false;
      if (spending.fullAt <= now && spending.limitedUntil <= now) this.users.delete(userId);
    }
    return spent;
  }

  private tell(presenceId: string, users: readonly UserSpent[]): void {
    this.presences.spend(presenceId, { users }).then(
      (reply) => this.limit(reply),
      (error: unknown) => this.logger.warn({ err: error, users: users.length }, 'users have no common limit now'),
    );
  }

  /** Interleaving: the user went quiet and was forgotten while presence was asked. The rest is short; it counts all the same. */
  private limit({ limited }: SpendReply): void {
    const now = this.clock.now();
    for (const { userId, forMs } of limited) {
      const spending = this.users.get(userId) ?? this.begin(userId);
      spending.limitedUntil = Math.max(spending.limitedUntil, now + forMs);
    }
  }
}

/** What is owed beyond the share is not remembered: presence has it. */
function spend(spending: Spending, share: Rate, now: number): void {
  const fullAt = share.after(spending.fullAt, now);
  const over = share.waitMs(fullAt, now) > 0;
  spending.frames++;
  spending.over ||= over;
  if (!over) spending.fullAt = fullAt;
}
