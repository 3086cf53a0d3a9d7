import { Module } from '@nestjs/common';
import { ConnectionModule } from '../../connection/connection.module.js';
import { UpstreamModule } from '../../upstream/upstream.module.js';
import { PresenceHandler } from './presence.handler.js';

@Module({ imports: [ConnectionModule, UpstreamModule], providers: [PresenceHandler], exports: [PresenceHandler] })
export class PresenceModule {}
