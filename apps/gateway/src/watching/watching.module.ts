import { Module } from '@nestjs/common';
import { UpstreamModule } from '../upstream/upstream.module.js';
import { Watches } from './watches.js';

@Module({ imports: [UpstreamModule], providers: [Watches], exports: [Watches] })
export class WatchingModule {}
