/** What the specs of this lib share: a system on a virtual clock whose run queue is drained by hand, and actors made of functions. */
import { VirtualClock } from '#testing';
import {
  Actor,
  ActorSystem,
  type ActorContext,
  type ActorSystemOptions,
  type DeadLetter,
  type Directive,
  type Failure,
  type Supervision,
} from '#actor';

export type Result = void | Promise<void>;

export interface Script<M> {
  receive?(message: M, context: ActorContext<M>): Result;
  started?(context: ActorContext<M>): Result;
  stopped?(context: ActorContext<M>): Result;
  restarting?(error: unknown, context: ActorContext<M>): Result;
}

/** An actor that does what its script says. */
export class Scripted<M> extends Actor<M> {
  constructor(private readonly script: Script<M>) {
    super();
  }

  receive(message: M): Result {
    return this.script.receive?.(message, this.context);
  }

  override started(): Result {
    return this.script.started?.(this.context);
  }

  override stopped(): Result {
    return this.script.stopped?.(this.context);
  }

  override restarting(error: unknown): Result {
    return this.script.restarting?.(error, this.context);
  }
}

export const scripted =
  <M>(script: Script<M>): (() => Actor<M>) =>
  () =>
    new Scripted(script);

/** A promise to settle by hand. */
export class Gate {
  open!: () => void;
  fail!: (error: Error) => void;
  readonly passed = new Promise<void>((resolve, reject) => {
    this.open = resolve;
    this.fail = reject;
  });
}

/** An actor system in a test's hands: nothing runs, and no time passes, unless the test says so. */
export class Stage {
  readonly clock = new VirtualClock();
  readonly failures: Failure[] = [];
  readonly letters: DeadLetter[] = [];
  readonly system: ActorSystem;
  private drains: (() => void)[] = [];

  constructor(options: ActorSystemOptions = {}) {
    this.system = new ActorSystem({
      clock: this.clock,
      schedule: (drain) => this.drains.push(drain),
      onFailure: (failure) => this.failures.push(failure),
      random: () => 0.999_999,
      ...options,
    });
    this.system.deadLetters.subscribe((letter) => this.letters.push(letter));
  }

  /** Drains the run queue once: one turn of the event loop, without what comes of promises. Returns whether there was anything. */
  turn(): boolean {
    const drains = this.drains;
    this.drains = [];
    for (const drain of drains) drain();
    return drains.length > 0;
  }

  /** Runs everything that can run without time passing, promises included. */
  async settle(): Promise<void> {
    do {
      while (this.turn());
      await new Promise((done) => setImmediate(done));
    } while (this.drains.length > 0);
  }

  /** Lets `ms` pass, all at once, after and before everything that can run. */
  async advance(ms: number): Promise<void> {
    await this.settle();
    this.clock.advance(ms);
    await this.settle();
  }

  /** Messages that were not handled. */
  get lost(): unknown[] {
    return this.letters.map((letter) => letter.message);
  }

  /** `system.stop()`, with the run queue running. */
  async stop(): Promise<void> {
    const stopped = this.system.stop();
    await this.settle();
    await stopped;
  }
}

/** Restarts at once, as often as need be. */
export const FREELY: Supervision = {
  decide: () => 'restart',
  maxRestarts: 1000,
  withinMs: 60_000,
  backoffMs: 0,
  maxBackoffMs: 0,
};
export const always = (directive: Directive): Supervision => ({ ...FREELY, decide: () => directive });

/** Fails on `boom`, notes what else it gets with the number of its instance, and notes its life. */
export class Family {
  readonly log: string[] = [];
  private instances = 0;

  create(asynchronous = false) {
    const { log } = this;
    return () => {
      const id = ++this.instances;
      return scripted<string>({
        started: () => void log.push(`${id} started`),
        stopped: () => void log.push(`${id} stopped`),
        restarting: (error) => void log.push(`${id} restarting: ${(error as Error).message}`),
        receive: (message) => {
          if (message !== 'boom') return void log.push(`${id} ${message}`);
          if (asynchronous) return Promise.reject(new Error('boom'));
          throw new Error('boom');
        },
      })();
    };
  }
}
