import type { Type } from '@nestjs/common';
import type { CommandType, Commands } from '#protocol';
import type { Handler } from '../dispatch/command-handler.js';
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
import { RegisterHandler } from './register/register.handler.js';
import { RegisterModule } from './register/register.module.js';

interface BuiltIn<C> {
  readonly module: Type<object>;
  readonly handler: Type<Handler<C>>;
}

/** Every command of the protocol and what handles it: a command without a handler does not compile. */
export const BUILT_IN: { readonly [T in CommandType]: BuiltIn<Commands[T]> } = {
  register: { module: RegisterModule, handler: RegisterHandler },
  ping: { module: PingModule, handler: PingHandler },
  message: { module: MessageModule, handler: MessageHandler },
  ack: { module: AckModule, handler: AckHandler },
  status: { module: StatusModule, handler: StatusHandler },
  sync: { module: SyncModule, handler: SyncHandler },
};
