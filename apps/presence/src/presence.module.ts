import { Module } from '@nestjs/common';
import { UserPresenceModule } from './presence/user-presence.module.js';
import { SweepModule } from './sweep/sweep.module.js';

/** Presence: who is connected where. Engine, mesh, actors and numbers come from the app that runs it. */
@Module({ imports: [UserPresenceModule, SweepModule] })
export class PresenceModule {}
