import { Module } from '@nestjs/common';
import { AllowanceModule } from './allowance/allowance.module.js';
import { UserPresenceModule } from './presence/user-presence.module.js';
import { SweepModule } from './sweep/sweep.module.js';

/** Presence: who is connected where. Engine, mesh, actors and numbers come from the app that runs it. */
@Module({ imports: [AllowanceModule, UserPresenceModule, SweepModule] })
export class PresenceModule {}
