import { Inject, Injectable } from '@nestjs/common';
import {
  AskTimeoutError,
  DeadLetterError,
  InjectActorKind,
  MailboxFullError,
  type ActorKind,
  type Clock,
} from '#actor';
import type { UserStatus } from '#contract';
import type { Engine, UserPresence, Visible } from '#engine';
import { CLOCK, CONFIG, ENGINE } from '#service';
import type { PresenceConfig } from '../config.js';
import { Look, type PresenceMail } from './mail.js';
import { PresenceActor } from './presence.actor.js';
import { userStatus } from './status.js';
import type { Announcement } from './transitions.js';

/** How far this machine's clock and the engine's may be apart, ms. */
const SKEW_MS = 10_000;
const TIMEOUT_MS = 2_000;

/**
 * Answers those who ask what is to be seen of users. The engine knows; its answer passes through the user's actor in the two cases in which
 * it concerns what is announced:
 * - the user has just gone: within the grace time others are told what they were told before, or a reload would show. Where that is not known
 *   here (another owner keeps the going quiet), they are told "offline", and this actor makes sure that a silent return is told too;
 * - the asking itself found that connections have expired: nobody else will find it, so the actor announces it.
 */
@Injectable()
export class Onlookers {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: PresenceConfig,
    @InjectActorKind(PresenceActor) private readonly users: ActorKind<PresenceMail>,
  ) {}

  /** What others are told of these users; rejects with `EngineUnavailableError`. */
  async statuses(userIds: readonly string[]): Promise<UserStatus[]> {
    const described = await this.engine.presence.describe(userIds);
    return Promise.all(described.map(async (one) => this.statusOf(one)));
  }

  /** One user as the engine has it: the grace time is for those who watch. */
  async describe(userId: string): Promise<UserPresence> {
    const [user] = await this.engine.presence.describe([userId]);
    if (!user) throw new Error('the engine described nobody');
    if (user.visible.before !== user.visible.status) await this.look(user);
    return user;
  }

  private statusOf(user: UserPresence): UserStatus | Promise<UserStatus> {
    const { visible } = user;
    return visible.before !== visible.status || this.hasJustGone(visible)
      ? this.look(user)
      : userStatus(user.userId, visible);
  }

  private hasJustGone({ status, version }: Visible): boolean {
    return status === 'offline' && this.clock.now() - version < this.config.OFFLINE_GRACE_MS + SKEW_MS;
  }

  private async look(user: UserPresence): Promise<UserStatus> {
    const { userId, visible } = user;
    try {
      const told = await this.users.ask<Announcement>(userId, (replyTo) => new Look(visible, replyTo), TIMEOUT_MS);
      return userStatus(user.userId, told);
    } catch (error) {
      // Overloaded or stopping: as the engine has it, until those who watch ask again.
      if (isRefusal(error)) return userStatus(user.userId, visible);
      throw error;
    }
  }
}

const isRefusal = (error: unknown): boolean =>
  [AskTimeoutError, MailboxFullError, DeadLetterError].some((kind) => error instanceof kind);
