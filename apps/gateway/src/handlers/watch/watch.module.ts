import { Module } from '@nestjs/common';
import { WatchingModule } from '../../watching/watching.module.js';
import { WatchHandler } from './watch.handler.js';

@Module({ imports: [WatchingModule], providers: [WatchHandler], exports: [WatchHandler] })
export class WatchModule {}
