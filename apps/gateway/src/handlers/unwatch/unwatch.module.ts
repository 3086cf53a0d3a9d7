import { Module } from '@nestjs/common';
import { WatchingModule } from '../../watching/watching.module.js';
import { UnwatchHandler } from './unwatch.handler.js';

@Module({ imports: [WatchingModule], providers: [UnwatchHandler], exports: [UnwatchHandler] })
export class UnwatchModule {}
