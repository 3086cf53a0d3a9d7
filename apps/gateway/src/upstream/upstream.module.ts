import { Module } from '@nestjs/common';
import { Conversations } from './conversations.js';
import { Inboxes } from './inboxes.js';
import { Presences } from './presences.js';

/** The services behind the gateway. */
@Module({ providers: [Conversations, Inboxes, Presences], exports: [Conversations, Inboxes, Presences] })
export class UpstreamModule {}
