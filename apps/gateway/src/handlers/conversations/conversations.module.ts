import { Module } from '@nestjs/common';
import { UpstreamModule } from '../../upstream/upstream.module.js';
import { ConversationsHandler } from './conversations.handler.js';

@Module({ imports: [UpstreamModule], providers: [ConversationsHandler], exports: [ConversationsHandler] })
export class ConversationsModule {}
