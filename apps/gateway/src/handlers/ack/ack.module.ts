import { Module } from '@nestjs/common';
import { UpstreamModule } from '../../upstream/upstream.module.js';
import { AckHandler } from './ack.handler.js';

@Module({ imports: [UpstreamModule], providers: [AckHandler], exports: [AckHandler] })
export class AckModule {}
