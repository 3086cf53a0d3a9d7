export {
  Actor,
  type ActorContext,
  type ActorKind,
  type ActorProps,
  type ActorRef,
  type Directive,
  type KindProps,
  type ReplyTo,
  type Supervision,
  type TellResult,
} from './src/actor.js';
export { systemClock, type Clock, type TimerHandle } from './src/clock.js';
export { DeadLetters, type DeadLetter, type DeadLetterReason } from './src/dead-letters.js';
export { AskTimeoutError, DeadLetterError, MailboxFullError } from './src/errors.js';
export { type ActorMiddleware } from './src/middleware.js';
export { DEFAULT_SUPERVISION, type Failure } from './src/supervision.js';
export { ActorSystem, type ActorSystemOptions, type ActorSystemStats } from './src/system.js';
export { ActorModule, type ActorModuleAsyncOptions, type ActorModuleOptions } from './src/nest/actor.module.js';
export {
  actorKindToken,
  InjectActorKind,
  VirtualActor,
  type ActorType,
  type VirtualActorOptions,
} from './src/nest/virtual-actor.js';
