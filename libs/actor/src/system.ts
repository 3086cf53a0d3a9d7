import type { ActorKind, ActorProps, ActorRef, KindProps } from './actor.js';
import { Asks } from './asks.js';
import { systemClock, type Clock } from './clock.js';
import { DeadLetters } from './dead-letters.js';
import { Dispatcher, type Schedule } from './dispatcher.js';
import { Kind } from './kind.js';
import { RingPool } from './mailbox.js';
import { combine, type ActorMiddleware } from './middleware.js';
import { Root } from './root.js';
import type { Runtime } from './runtime.js';
import type { Failure } from './supervision.js';

export interface ActorSystemOptions {
  /** Default: the process's own. */
  readonly clock?: Clock;
  /** How a drain of the run queue is put off to the end of the event-loop turn; default `setImmediate`. For tests. */
  readonly schedule?: Schedule;
  /** After this many ms a drain lets the event loop do I/O; default 10. */
  readonly budgetMs?: number;
  readonly middleware?: readonly ActorMiddleware[];
  /** Told of every failure of an actor, once; default: `console.error`. */
  readonly onFailure?: (failure: Failure) => void;
  /** In [0, 1), for the jitter of back-offs; default `Math.random`. */
  readonly random?: () => number;
}

/** How much there is of what, now. */
export interface ActorSystemStats {
  /** Actors spawned without a parent. */
  readonly spawned: number;
  /** Active virtual actors, by kind. */
  readonly virtual: Readonly<Record<string, number>>;
  /** Actors that have messages to handle. */
  readonly runnable: number;
  /** Since the start. */
  readonly deadLetters: number;
}

/** The actors of one process. */
export class ActorSystem {
  readonly clock: Clock;
  readonly deadLetters = new DeadLetters();
  private readonly runtime: Runtime;
  private readonly root: Root;
  private readonly kinds = new Map<string, Kind<never>>();
  private stopping: Promise<void> | undefined = undefined;

  constructor(options: ActorSystemOptions = {}) {
    this.clock = options.clock ?? systemClock;
    let number = 0;
    this.runtime = {
      clock: this.clock,
      dispatcher: new Dispatcher(this.clock, options.schedule ?? setImmediate, options.budgetMs ?? 10),
      rings: new RingPool(),
      deadLetters: this.deadLetters,
      asks: new Asks(this.clock, this.deadLetters),
      hooks: combine([...(options.middleware ?? []), { failed: options.onFailure ?? logFailure }]),
      random: options.random ?? Math.random,
      nextNumber: () => ++number,
    };
    this.root = new Root(this.runtime);
  }

  /** Makes a kind of virtual actors known. Throws if there is one of that name already. */
  register<M>(props: KindProps<M>): ActorKind<M> {
    if (this.kinds.has(props.kind)) throw new Error(`the actor kind "${props.kind}" is registered already`);
    const kind = new Kind(this.runtime, props);
    if (this.stopping !== undefined) void kind.close();
    this.kinds.set(props.kind, kind as unknown as Kind<never>);
    return kind;
  }

  /** Starts an actor without a parent. After `stop` it is dead from the beginning. */
  spawn<M>(props: ActorProps<M>, name?: string): ActorRef<M> {
    return this.root.spawn(props, name);
  }

  /**
   * Stops every actor, and resolves when the last one's `stopped()` is done. What waits becomes dead letters, what is told later is `dead`,
   * asks in flight fail. An actor that never ends the message in hand holds it up.
   */
  stop(): Promise<void> {
    return (this.stopping ??= this.stopAll());
  }

  stats(): ActorSystemStats {
    return {
      spawned: this.root.size,
      virtual: Object.fromEntries([...this.kinds.values()].map((kind) => [kind.kind, kind.size])),
      runnable: this.runtime.dispatcher.length,
      deadLetters: this.deadLetters.count,
    };
  }

  private async stopAll(): Promise<void> {
    await Promise.all([this.root.close(), ...[...this.kinds.values()].map((kind) => kind.close())]);
    this.runtime.asks.stop();
  }
}

function logFailure({ path, error, directive }: Failure): void {
  console.error(`actor ${path} failed (${directive}):`, error);
}
