import { Module } from '@nestjs/common';
import { ActorModule } from '#actor';
import { StatsModule } from '../stats.module.js';
import { GatewayWatch } from './gateway-watch.js';
import { Removals } from './removals.js';
import { SweepActor } from './sweep.actor.js';

/** Removes what dead gateways have left behind. */
@Module({
  imports: [StatsModule, ActorModule.forFeature([SweepActor])],
  providers: [GatewayWatch, Removals],
})
export class SweepModule {}
