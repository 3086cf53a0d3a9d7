import { Module } from '@nestjs/common';
import { ConnectionModule } from '../connection/connection.module.js';
import { GatewayStats } from './gateway-stats.js';

@Module({ imports: [ConnectionModule], providers: [GatewayStats] })
export class StatsModule {}
