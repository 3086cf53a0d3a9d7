import { Module } from '@nestjs/common';
import { ConversationModule } from '../conversation/conversation.module.js';
import { LogModule } from '../log/log.module.js';
import { SendingModule } from '../sending/sending.module.js';
import { ApiGuard, ApiKey } from './api-key.js';
import { ApiRate } from './api-rate.js';
import { ConnectionsController } from './connections/connections.controller.js';
import { ConversationsController } from './conversations/conversations.controller.js';
import { Gateways } from './gateways.js';
import { LogsController } from './messages/logs.controller.js';
import { MessagesController } from './messages/messages.controller.js';
import { OnlineUsers } from './presence/online-users.js';
import { PresenceController } from './presence/presence.controller.js';

/** The server API (PROTOCOL.md §9): HTTP for backends. `configureApi` prepares the app for it. */
@Module({
  imports: [ConversationModule, LogModule, SendingModule],
  controllers: [MessagesController, LogsController, PresenceController, ConnectionsController, ConversationsController],
  providers: [ApiKey, ApiGuard, ApiRate, Gateways, OnlineUsers],
})
export class ApiModule {}
