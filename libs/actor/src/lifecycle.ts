import type { ActorContext, Directive } from './actor.js';
import { Activation, NONE } from './activation.js';
import { Escalation } from './annex.js';
import { BUSY, PASSIVATING, SCHEDULED, SIGNALLED, STARTING, STOPPING, SUSPENDED, UNWAKEABLE } from './state.js';
import { backoff, countRestart, decide, DEFAULT_SUPERVISION } from './supervision.js';

/**
 * The life of an actor, one step at a time: started, fed, restarted. A step that returns false has left the run queue, and what it
 * waits for will wake the cell; after true the cell may go on in the same run.
 */
export abstract class Lifecycle<M> extends Activation<M> {
  abstract unstashAll(): void;

  /** The supervisor (or the back-off) lets it go on. */
  resume(): void {
    if ((this.state & SUSPENDED) === 0) return;
    this.state &= ~SUSPENDED;
    this.resumeEscalated();
    // Failed before it had an instance: nothing to resume.
    if (this.actor === undefined && (this.state & STARTING) === 0) this.stopNow();
    this.goOn();
  }

  // ------------------------------------------------------------- one step after the other

  /** Does all that comes before the next message. */
  protected attend(): boolean {
    while (this.state !== SCHEDULED) if (!this.attendOne()) return false;
    return true;
  }

  private attendOne(): boolean {
    if ((this.state & STOPPING) !== 0) return this.end();
    if ((this.state & STARTING) !== 0) return this.start();
    if ((this.state & PASSIVATING) === 0) return this.attendSignal();
    // The sweep asked some time ago, and a message that has come since then keeps the instance. Nothing can come between this
    // look and `end`, which closes the instance to messages before it calls anything else.
    this.state &= ~PASSIVATING;
    return this.unused ? this.end() : true;
  }

  private attendSignal(): boolean {
    const { signals } = this.extras;
    const signal = signals.shift();
    if (signals.length === 0) this.state &= ~SIGNALLED;
    if (signal instanceof Escalation) {
      this.extras.escalated = signal.child;
      return this.fail(signal.error);
    }
    if (!signal.live) return true;
    signal.taken();
    this.touch(signal.message);
    return this.deliver(signal.message);
  }

  private start(): boolean {
    this.state &= ~STARTING;
    this.touched = this.home.tick;
    try {
      this.actor = this.props.create();
      (this.actor as { context: ActorContext<M> }).context = this.self;
      this.runtime.hooks.activated?.(this.self);
      const result = this.actor.started?.();
      return result === undefined || this.await(result, NONE);
    } catch (error) {
      return this.fail(error);
    }
  }

  protected deliver(message: M): boolean {
    const { hooks } = this.runtime;
    let goesOn = true;
    this.current = message;
    if (hooks.receiving !== undefined) hooks.receiving(this.self, message);
    try {
      const result = this.actor!.receive(message);
      if (result !== undefined) return this.await(result, message);
    } catch (error) {
      goesOn = this.fail(error);
    }
    if (hooks.received !== undefined) hooks.received(this.self, message);
    return goesOn;
  }

  /** Remembers that a message was handled which keeps a virtual actor active. */
  protected touch(message: M): void {
    if (!this.home.keepsIdle?.(message as never)) this.touched = this.home.tick;
  }

  /** Leaves the run queue until `result` has settled; nothing is handled meanwhile. */
  private await(result: Promise<void>, message: M | typeof NONE): false {
    this.becomeBusy();
    this.runtime.dispatcher.awaits();
    result.then(
      () => this.settled(message, true),
      (error: unknown) => this.settled(message, this.fail(error)),
    );
    return false;
  }

  private settled(message: M | typeof NONE, goesOn: boolean): void {
    if (message !== NONE) {
      this.touch(message);
      this.runtime.hooks.received?.(this.self, message);
    }
    if (!goesOn) return;
    this.state &= ~BUSY;
    if (this.waiting === 0 && this.state === 0) return this.idle();
    if ((this.state & UNWAKEABLE) !== 0) return;
    this.state |= SCHEDULED;
    this.runtime.dispatcher.addSettled(this);
  }

  /** To the next message or to rest, in one step: a message finds the cell either at work or idle. */
  private goOn(): void {
    if (this.waiting > 0 || this.state !== 0) this.wake();
    else this.idle();
  }

  protected idle(): void {
    this.state = 0;
    this.current = NONE;
    this.rest();
  }

  private becomeBusy(): void {
    this.state = (this.state & ~SCHEDULED) | BUSY;
  }

  // ------------------------------------------------------------- failure

  private fail(error: unknown): boolean {
    const directive = this.directive(error);
    this.runtime.hooks.failed?.({ path: this.path, error, directive });
    if (directive === 'restart') return this.restart(error);
    if (directive === 'escalate') {
      this.state = (this.state & ~(SCHEDULED | BUSY)) | SUSPENDED;
      this.home.escalate!(this.self, error);
      return false;
    }
    if (directive === 'resume') {
      this.resumeEscalated();
      return true;
    }
    this.buryAll();
    return this.end();
  }

  /** What supervision says, as far as it can be done. */
  private directive(error: unknown): Directive {
    if ((this.state & STOPPING) !== 0) return 'stop';
    const supervision = this.props.supervision ?? DEFAULT_SUPERVISION;
    const directive = decide(supervision, error);
    if (directive === 'escalate') return this.home.escalate === undefined ? 'stop' : directive;
    if (directive === 'resume') return this.actor === undefined ? 'stop' : directive;
    if (directive !== 'restart') return directive;
    const restarts = countRestart(supervision, this.extras.restarts, this.runtime.clock.now());
    if (restarts === undefined) return 'stop';
    this.extras.restarts = restarts;
    return directive;
  }

  private restart(error: unknown): false {
    this.becomeBusy();
    this.call(
      () => this.actor?.restarting?.(error),
      () => this.letGo(() => this.comeBack()),
    );
    return false;
  }

  private comeBack(): void {
    const supervision = this.props.supervision ?? DEFAULT_SUPERVISION;
    const delayMs = backoff(supervision, this.extras.restarts.length, this.runtime.random());
    this.actor = undefined;
    this.unstashAll();
    this.state = (this.state & ~BUSY) | STARTING;
    if (delayMs === 0 || (this.state & STOPPING) !== 0) return this.wake();
    this.state |= SUSPENDED;
    this.extras.backoff = this.runtime.clock.setTimeout(() => this.resume(), delayMs);
  }

  private resumeEscalated(): void {
    const child = this.annex?.escalated;
    if (child === undefined) return;
    this.extras.escalated = undefined;
    child.resume();
  }
}
