import { Module } from '@nestjs/common';
import { ApiModule } from './api/api.module.js';
import { configureApi } from './api/configure-api.js';
import { ConversationModule } from './conversation/conversation.module.js';
import { InboxModule } from './inbox/inbox.module.js';
import { ReaderModule } from './reader/reader.module.js';
import { SendingModule } from './sending/sending.module.js';

/** The router: stores, orders and fans out. Engine, mesh, actors and numbers come from the app that runs it. */
@Module({ imports: [InboxModule, ConversationModule, ReaderModule, SendingModule, ApiModule] })
export class RouterModule {}

/** Prepares an app of which the router is a part: before it is initialised. */
export const configureRouter = configureApi;
