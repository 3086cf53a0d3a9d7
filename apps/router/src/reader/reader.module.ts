import { Module } from '@nestjs/common';
import { ConversationModule } from '../conversation/conversation.module.js';
import { InboxModule } from '../inbox/inbox.module.js';
import { LogModule } from '../log/log.module.js';
import { ReaderController } from './reader.controller.js';

/** Readers of logs of both kinds. */
@Module({ imports: [LogModule, InboxModule, ConversationModule], controllers: [ReaderController] })
export class ReaderModule {}
