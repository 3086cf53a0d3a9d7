import { Module } from '@nestjs/common';
import { ActorModule, InjectActorKind, type ActorKind } from '#actor';
import { ROLE } from '#contract';
import { Handover } from '#service';
import { StatsModule } from '../stats.module.js';
import { Glances } from './glances.js';
import { Lateness } from './lateness.js';
import { LookupController } from './lookup.controller.js';
import type { PresenceMail } from './mail.js';
import { ManyController } from './many.controller.js';
import { Onlookers } from './onlookers.js';
import { PresenceActor } from './presence.actor.js';
import { PresenceController } from './presence.controller.js';
import { PresenceEvents } from './presence-events.js';
import { Pushes } from './pushes.js';
import { Replacement } from './replacement.js';

/** Who is connected where and as what, who comes and goes, and who watches. */
@Module({
  imports: [StatsModule, ActorModule.forFeature([PresenceActor])],
  controllers: [PresenceController, ManyController, LookupController],
  providers: [Glances, Lateness, PresenceEvents, Replacement, Pushes, Onlookers],
  exports: [PresenceEvents],
})
export class UserPresenceModule {
  constructor(@InjectActorKind(PresenceActor) users: ActorKind<PresenceMail>, handover: Handover) {
    handover.add(ROLE.presence, users);
  }
}
