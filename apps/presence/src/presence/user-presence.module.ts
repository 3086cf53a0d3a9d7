import { Module } from '@nestjs/common';
import { ActorModule } from '#actor';
import { StatsModule } from '../stats.module.js';
import { LookupController } from './lookup.controller.js';
import { PresenceActor } from './presence.actor.js';
import { PresenceController } from './presence.controller.js';
import { PresenceEvents } from './presence-events.js';
import { Replacement } from './replacement.js';

/** Who is connected where, and who comes and goes. */
@Module({
  imports: [StatsModule, ActorModule.forFeature([PresenceActor])],
  controllers: [PresenceController, LookupController],
  providers: [PresenceEvents, Replacement],
  exports: [PresenceEvents],
})
export class UserPresenceModule {}
