import { Inject, Injectable } from '@nestjs/common';
import { FORBIDDEN, GATEWAY, type RemovedNotice } from '#contract';
import type { ConversationDescription, Engine } from '#engine';
import { ENGINE } from '#service';
import { Delivery } from '../log/delivery.js';
import { asMeshRefusal } from '../log/refused.js';

/** Who belongs to which conversation. Rejects with `EngineUnavailableError` where the engine is away. */
@Injectable()
export class MembershipService {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly delivery: Delivery,
  ) {}

  /** Returns whether the user was not a member before. Idempotent. */
  join(conversation: string, userId: string): Promise<boolean> {
    return this.engine.conversations.join(conversation, userId);
  }

  /**
   * Returns whether the user was a member. From then on nothing of theirs is stored there; the gateways with subscribers are told, at most
   * once, to end the user's subscriptions. Told also when the user was none: a repetition, after a crash that came before the telling.
   */
  async leave(conversation: string, userId: string): Promise<boolean> {
    const { left, gateways } = await this.engine.conversations.leave(conversation, userId);
    const notice: RemovedNotice = { conversation, userId };
    this.delivery.tell(GATEWAY.removed, notice, gateways);
    return left;
  }

  describe(conversation: string): Promise<ConversationDescription> {
    return this.engine.conversations.describe(conversation);
  }

  has(conversation: string, userId: string): Promise<boolean> {
    return this.engine.conversations.isMember(conversation, userId);
  }

  /** Rejects with the refusal `forbidden` unless the user is a member. */
  async demand(conversation: string, userId: string): Promise<void> {
    if (!(await this.has(conversation, userId))) throw asMeshRefusal(FORBIDDEN);
  }

  /** As `demand`, unless all of them are. */
  async demandAll(conversation: string, userIds: readonly string[]): Promise<void> {
    const strangers = await this.engine.conversations.strangers(conversation, userIds);
    if (strangers.size > 0) throw asMeshRefusal(FORBIDDEN);
  }
}
