import { Module } from '@nestjs/common';
import { UpstreamModule } from '../../upstream/upstream.module.js';
import { SyncHandler } from './sync.handler.js';

@Module({ imports: [UpstreamModule], providers: [SyncHandler], exports: [SyncHandler] })
export class SyncModule {}
