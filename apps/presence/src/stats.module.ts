import { Module } from '@nestjs/common';
import { PresenceStats } from './presence-stats.js';

@Module({ providers: [PresenceStats], exports: [PresenceStats] })
export class StatsModule {}
