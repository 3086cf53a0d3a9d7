import { Module } from '@nestjs/common';
import { Inboxes } from './inboxes.js';
import { Presences } from './presences.js';

/** The services behind the gateway. */
@Module({ providers: [Inboxes, Presences], exports: [Inboxes, Presences] })
export class UpstreamModule {}
