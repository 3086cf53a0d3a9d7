import { Module } from '@nestjs/common';
import { StatsModule } from '../stats.module.js';
import { AllowanceController } from './allowance.controller.js';

@Module({ imports: [StatsModule], controllers: [AllowanceController] })
export class AllowanceModule {}
