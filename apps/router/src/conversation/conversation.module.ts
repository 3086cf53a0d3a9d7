import { Module } from '@nestjs/common';
import { ActorModule, InjectActorKind, type ActorKind } from '#actor';
import { ROLE } from '#contract';
import { Handover } from '#service';
import { LogModule } from '../log/log.module.js';
import { RouterStats } from '../router-stats.js';
import { ConversationActor, type ConversationMail } from './conversation.actor.js';
import { ConversationController } from './conversation.controller.js';
import { MembershipService } from './membership.service.js';
import { Subscriptions } from './subscriptions.js';

const actors = ActorModule.forFeature([ConversationActor]);

/** Conversations: one log for all members, written through its actor, read straight from the engine. */
@Module({
  imports: [LogModule, actors],
  controllers: [ConversationController],
  providers: [MembershipService, Subscriptions],
  exports: [actors, MembershipService],
})
export class ConversationModule {
  constructor(
    @InjectActorKind(ConversationActor) conversations: ActorKind<ConversationMail>,
    handover: Handover,
    stats: RouterStats,
  ) {
    handover.add(ROLE.router, conversations);
    stats.gauge('conversations', 'Conversations active now', () => conversations.size);
  }
}
