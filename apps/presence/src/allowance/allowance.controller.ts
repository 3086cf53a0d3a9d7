import { Controller, Inject } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import type { Clock } from '#actor';
import { PRESENCE, type SpendReply, type SpendRequest } from '#contract';
import { CLOCK, CONFIG, Rate } from '#service';
import type { PresenceConfig } from '../config.js';
import { PresenceStats } from '../presence-stats.js';
import { Accounts } from './accounts.js';

/** Keeps the rate of each user over all gateways (`USER_RATE_LIMIT_FRAMES`): they say what was spent, and hear who must wait. */
@Controller()
export class AllowanceController {
  private readonly accounts: Accounts | undefined;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) config: PresenceConfig,
    private readonly stats: PresenceStats,
  ) {
    const rate = Rate.of(config.USER_RATE_LIMIT_FRAMES, config.USER_RATE_LIMIT_FRAMES_BURST);
    this.accounts = rate && new Accounts(rate);
  }

  @MessagePattern(PRESENCE.spend)
  spend({ users }: SpendRequest): SpendReply {
    const now = this.clock.now();
    const limited = users.flatMap(({ userId, frames }) => {
      const forMs = this.accounts?.charge(userId, frames, now) ?? 0;
      return forMs > 0 ? [{ userId, forMs }] : [];
    });
    this.stats.spent += users.length;
    this.stats.limited += limited.length;
    return { limited };
  }
}
