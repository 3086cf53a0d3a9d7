import { Module } from '@nestjs/common';
import { UpstreamModule } from '../../upstream/upstream.module.js';
import { StatusHandler } from './status.handler.js';

@Module({ imports: [UpstreamModule], providers: [StatusHandler], exports: [StatusHandler] })
export class StatusModule {}
