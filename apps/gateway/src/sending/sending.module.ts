import { Module } from '@nestjs/common';
import { ConnectionModule } from '../connection/connection.module.js';
import { UpstreamModule } from '../upstream/upstream.module.js';
import { Sending } from './sending.js';

/** For handlers that send messages on. */
@Module({ imports: [ConnectionModule, UpstreamModule], providers: [Sending], exports: [Sending] })
export class SendingModule {}
