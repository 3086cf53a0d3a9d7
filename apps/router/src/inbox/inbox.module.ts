import { Module } from '@nestjs/common';
import { ActorModule, InjectActorKind, type ActorKind } from '#actor';
import { ROLE } from '#contract';
import { Handover } from '#service';
import { Backlog } from '../log/backlog.js';
import { LogModule } from '../log/log.module.js';
import { RouterStats } from '../router-stats.js';
import { Copies } from './copies.js';
import { InboxActor, type InboxMail } from './inbox.actor.js';
import { InboxController } from './inbox.controller.js';
import { ReadingController } from './reading.controller.js';
import { Receipts } from './receipts.js';

const actors = ActorModule.forFeature([InboxActor]);

/** Inboxes: one log a user, written through its actor, read straight from the engine. */
@Module({
  imports: [LogModule, actors],
  controllers: [InboxController, ReadingController],
  providers: [Copies, Receipts],
  exports: [actors],
})
export class InboxModule {
  constructor(
    @InjectActorKind(InboxActor) inboxes: ActorKind<InboxMail>,
    handover: Handover,
    backlog: Backlog,
    stats: RouterStats,
  ) {
    handover.add(ROLE.router, inboxes);
    stats.gauge('inboxes', 'Inboxes active now', () => inboxes.size);
    stats.gauge('backlogBytes', 'Bytes of messages that wait', () => backlog.bytes);
  }
}
