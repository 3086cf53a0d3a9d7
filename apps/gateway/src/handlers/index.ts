import type { Type } from '@nestjs/common';
import type { CommandType, Commands } from '#protocol';
import type { Handler } from '../dispatch/command-handler.js';
import { PresenceHandler } from './presence/presence.handler.js';
import { PresenceModule } from './presence/presence.module.js';
import { WatchHandler } from './watch/watch.handler.js';
import { WatchModule } from './watch/watch.module.js';
import { UnwatchHandler } from './unwatch/unwatch.handler.js';
import { UnwatchModule } from './unwatch/unwatch.module.js';
import { SubscribeHandler } from './subscribe/subscribe.handler.js';
import { SubscribeModule } from './subscribe/subscribe.module.js';
import { UnsubscribeHandler } from './unsubscribe/unsubscribe.handler.js';
import { UnsubscribeModule } from './unsubscribe/unsubscribe.module.js';
import { ConversationsHandler } from './conversations/conversations.handler.js';
import { ConversationsModule } from './conversations/conversations.module.js';
import { SyncHandler } from './sync/sync.handler.js';
import { SyncModule } from './sync/sync.module.js';
import { StatusHandler } from './status/status.handler.js';
import { StatusModule } from './status/status.module.js';
import { AckHandler } from './ack/ack.handler.js';
import { AckModule } from './ack/ack.module.js';
import { MessageHandler } from './message/message.handler.js';
import { MessageModule } from './message/message.module.js';
import { PingHandler } from './ping/ping.handler.js';
import { PingModule } from './ping/ping.module.js';
import { AuthHandler } from './auth/auth.handler.js';
import { AuthModule } from './auth/auth.module.js';
import { RegisterHandler } from './register/register.handler.js';
import { RegisterModule } from './register/register.module.js';

interface BuiltIn<C> {
  readonly module: Type<object>;
  readonly handler: Type<Handler<C>>;
}

/** Every command of the protocol and what handles it: a command without a handler does not compile. */
export const BUILT_IN: { readonly [T in CommandType]: BuiltIn<Commands[T]> } = {
  register: { module: RegisterModule, handler: RegisterHandler },
  auth: { module: AuthModule, handler: AuthHandler },
  ping: { module: PingModule, handler: PingHandler },
  message: { module: MessageModule, handler: MessageHandler },
  ack: { module: AckModule, handler: AckHandler },
  status: { module: StatusModule, handler: StatusHandler },
  sync: { module: SyncModule, handler: SyncHandler },
  presence: { module: PresenceModule, handler: PresenceHandler },
  watch: { module: WatchModule, handler: WatchHandler },
  unwatch: { module: UnwatchModule, handler: UnwatchHandler },
  subscribe: { module: SubscribeModule, handler: SubscribeHandler },
  unsubscribe: { module: UnsubscribeModule, handler: UnsubscribeHandler },
  conversations: { module: ConversationsModule, handler: ConversationsHandler },
};
