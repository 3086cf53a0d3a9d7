import type { Asks } from './asks.js';
import type { Clock } from './clock.js';
import type { DeadLetters } from './dead-letters.js';
import type { Dispatcher } from './dispatcher.js';
import type { RingPool } from './mailbox.js';
import type { ActorMiddleware } from './middleware.js';

/** What all actors of one system share. */
export interface Runtime {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly rings: RingPool<unknown>;
  readonly deadLetters: DeadLetters;
  readonly asks: Asks;
  readonly hooks: ActorMiddleware;
  /** In [0, 1). */
  readonly random: () => number;
  /** Numbers for actors that were given no name. */
  nextNumber(): number;
}
