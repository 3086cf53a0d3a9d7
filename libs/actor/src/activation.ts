import type { Actor, ActorContext, ActorProps, ActorRef } from './actor.js';
import { Annex, type Child, type Escalation } from './annex.js';
import { Link } from './chain.js';
import type { Runnable } from './dispatcher.js';
import type { Home } from './home.js';
import type { Notice } from './notice.js';
import type { Runtime } from './runtime.js';
import { DEAD, ENDING, SCHEDULED, SIGNALLED, STARTING, STOPPING, SUSPENDED, UNWAKEABLE } from './state.js';

/** There is no message in hand. */
export const NONE = Symbol('none');

/** One actor's instance and what belongs to it; how it is woken, and how it ends. */
export abstract class Activation<M> extends Link implements Runnable {
  state = STARTING;
  /** The home's tick when a message that counts was last handled. */
  touched: number;
  protected current: M | typeof NONE = NONE;
  protected annex: Annex<M> | undefined = undefined;
  protected actor: Actor<M> | undefined = undefined;

  constructor(
    protected readonly runtime: Runtime,
    protected readonly home: Home,
    protected readonly props: ActorProps<M>,
  ) {
    super();
    this.touched = home.tick;
  }

  abstract readonly path: string;
  abstract run(slice: number): number;
  /** This cell as its actor sees it. */
  protected abstract readonly self: ActorRef<M> & ActorContext<M> & Child;
  /** How many messages wait in the mailbox. */
  protected abstract readonly waiting: number;
  /** Gives the empty mailbox's ring back. */
  protected abstract rest(): void;
  /** Makes dead letters of what waits in the mailbox. */
  protected abstract bury(): void;

  protected get extras(): Annex<M> {
    return (this.annex ??= new Annex<M>());
  }

  protected wake(): void {
    if ((this.state & UNWAKEABLE) !== 0) return;
    this.state |= SCHEDULED;
    this.runtime.dispatcher.add(this);
  }

  /** Puts what the kernel itself has to say on the system queue. */
  protected signal(signal: Notice<M> | Escalation): void {
    if ((this.state & (ENDING | DEAD)) !== 0) return;
    this.extras.signals.push(signal);
    this.state |= SIGNALLED;
    this.wake();
  }

  /** Refuses all that waits, and ends once the message in hand is done. */
  protected stopNow(): void {
    this.state = (this.state | STOPPING) & ~SUSPENDED;
    this.buryAll();
    this.wake();
  }

  /** True if nothing says that it will be needed soon. */
  protected get unused(): boolean {
    if (this.waiting > 0 || (this.state & SIGNALLED) !== 0) return false;
    return this.annex === undefined || !(this.annex.stash.length > 0 || this.annex.timers?.busy(this.home.keepsIdle));
  }

  /** From here on no message reaches this instance. */
  protected end(): false {
    this.state = ENDING;
    this.letGo(() =>
      this.call(
        () => this.actor?.stopped?.(),
        () => this.finish(),
      ),
    );
    return false;
  }

  /** Ends what the instance had begun: its timers, its watches, its children; `after` follows when the last child has ended. */
  protected letGo(after: () => void): void {
    const { annex } = this;
    if (annex === undefined) return after();
    annex.timers?.cancelAll();
    annex.watches?.cancelAll();
    this.runtime.clock.clearTimeout(annex.backoff);
    annex.escalated = undefined;
    annex.signals.takeAll();
    this.state &= ~SIGNALLED;
    for (const child of annex.children.all()) child.stop();
    if (annex.children.empty) after();
    else annex.whenChildless = after;
  }

  /** What came for a virtual actor while it ended is for its next activation, which begins only now: never two at once. */
  private finish(): void {
    const { actor, annex } = this;
    this.buryStash();
    this.actor = undefined;
    this.annex = undefined;
    this.current = NONE;
    if (actor !== undefined) this.runtime.hooks.ended?.(this.self);
    if (this.home.reactivates && this.waiting > 0) {
      this.state = STARTING;
      this.wake();
    } else {
      this.state = DEAD;
      this.bury();
      this.rest();
      this.home.ended(this);
    }
    for (const watch of annex?.watchers ?? []) watch.fire();
  }

  protected buryAll(): void {
    this.buryStash();
    this.bury();
  }

  private buryStash(): void {
    for (const message of this.annex?.stash.splice(0) ?? [])
      this.runtime.deadLetters.add(this.path, message, 'stopped');
  }

  /** Calls a last hook of the instance, then `after`, whatever became of it. */
  protected call(hook: () => void | Promise<void>, after: () => void): void {
    try {
      const result = hook();
      if (result !== undefined) return void result.then(after, (error: unknown) => this.ignore(error, after));
    } catch (error) {
      return this.ignore(error, after);
    }
    after();
  }

  private ignore(error: unknown, after: () => void): void {
    this.runtime.hooks.failed?.({ path: this.path, error, directive: 'ignored' });
    after();
  }
}
