import { NONE } from './activation.js';
import type { ActorContext, ActorProps, ActorRef, ReplyTo, TellResult } from './actor.js';
import { Escalation, type Child } from './annex.js';
import type { Link } from './chain.js';
import type { Clock } from './clock.js';
import type { Home } from './home.js';
import { Lifecycle } from './lifecycle.js';
import type { Ring } from './mailbox.js';
import type { Notice } from './notice.js';
import type { Runtime } from './runtime.js';
import { CLOSED, DEAD, ENDING, PASSIVATING, SCHEDULED, UNWAKEABLE } from './state.js';
import { Timers } from './timers.js';
import { Watches, type Watch, type Watchable } from './watch.js';

const DEFAULT_CAPACITY = 1000;

/** The bound of its mailbox. Throws `RangeError` if that is none. */
export function mailboxCapacity(props: ActorProps<never> | ActorProps<unknown>): number {
  const { mailboxCapacity: capacity = DEFAULT_CAPACITY } = props;
  if (Number.isInteger(capacity) && capacity > 0) return capacity;
  throw new RangeError(`mailboxCapacity must be a positive integer, not ${capacity}`);
}

/**
 * One actor: at once its ref, its context, its mailbox and the home of its children, so that an idle actor is this object and its
 * instance. A virtual actor's cell serves one activation after the other.
 */
export class Cell<M> extends Lifecycle<M> implements ActorRef<M>, ActorContext<M>, Home, Child, Watchable {
  private mailbox: Ring<M> | undefined = undefined;
  private readonly capacity: number;

  constructor(
    runtime: Runtime,
    home: Home,
    props: ActorProps<M>,
    private readonly name: string | number,
  ) {
    super(runtime, home, props);
    this.capacity = mailboxCapacity(props);
  }

  /** Makes it run for the first time, without a message. */
  begin(): this {
    this.wake();
    return this;
  }

  // ------------------------------------------------------------- ref

  get key(): string {
    return typeof this.name === 'string' ? this.name : `$${this.name}`;
  }

  get path(): string {
    return this.home.path === '' ? this.key : `${this.home.path}/${this.key}`;
  }

  tell(message: M): TellResult {
    if ((this.state & CLOSED) !== 0) return this.tellClosed(message);
    if (!this.enqueue(message)) return 'full';
    if ((this.state & UNWAKEABLE) === 0) {
      this.state |= SCHEDULED;
      this.runtime.dispatcher.add(this);
    }
    return 'ok';
  }

  ask<R>(make: (replyTo: ReplyTo<R>) => M, timeoutMs: number): Promise<R> {
    return this.runtime.asks.ask<M, R>(this, make, timeoutMs);
  }

  stop(): void {
    if ((this.state & DEAD) !== 0) this.home.successor(this.key)?.stop();
    else if ((this.state & CLOSED) === 0) this.stopNow();
  }

  get identity(): unknown {
    return this.home.virtual ? this.path : this;
  }

  watchers(): Set<Watch<unknown>> | undefined {
    if ((this.state & DEAD) !== 0) return this.home.successor(this.key)?.watchers();
    return (this.extras.watchers ??= new Set());
  }

  /** For one that ends: to the next activation of a virtual actor, which `finish` begins; else nobody will handle it. */
  private tellClosed(message: M): TellResult {
    if (this.home.reactivates) {
      if ((this.state & DEAD) !== 0) return this.home.successor(this.key)!.tell(message);
      return this.enqueue(message) ? 'ok' : 'full';
    }
    this.runtime.deadLetters.add(this.path, message, 'stopped');
    return 'dead';
  }

  private enqueue(message: M): boolean {
    const mailbox = (this.mailbox ??= this.runtime.rings.lend() as Ring<M>);
    if (mailbox.length >= this.capacity) {
      this.runtime.hooks.overflowed?.(this, message);
      return false;
    }
    mailbox.push(message);
    return true;
  }

  // ------------------------------------------------------------- run

  run(slice: number): number {
    if (this.state !== SCHEDULED && !this.attend()) return 1;
    if (this.mailbox !== undefined) return this.feed(this.mailbox, slice);
    this.idle();
    return 0;
  }

  private feed(mailbox: Ring<M>, slice: number): number {
    const selective = this.home.keepsIdle !== undefined;
    if (!selective) this.touched = this.home.tick;
    let handled = 0;
    while (mailbox.length > 0) {
      if (handled === slice) {
        this.runtime.dispatcher.add(this);
        return handled;
      }
      handled++;
      const message = mailbox.shift();
      if (selective) this.touch(message);
      if (!this.deliver(message)) return handled;
      if (this.state !== SCHEDULED && !this.attend()) return handled;
    }
    this.idle();
    return handled;
  }

  /** The sweep found that nothing came for long: it ends, if by its turn nothing has come and nothing is to come. */
  passivate(): void {
    if (this.state !== 0) return;
    this.state |= PASSIVATING;
    this.wake();
  }

  protected get waiting(): number {
    return this.mailbox === undefined ? 0 : this.mailbox.length;
  }

  protected rest(): void {
    if (this.mailbox === undefined) return;
    this.runtime.rings.giveBack(this.mailbox);
    this.mailbox = undefined;
  }

  protected bury(): void {
    for (const message of this.takeAll()) this.runtime.deadLetters.add(this.path, message, 'stopped');
  }

  // ------------------------------------------------------------- context

  get self(): this {
    return this;
  }

  get clock(): Clock {
    return this.runtime.clock;
  }

  takeAll(): M[] {
    if (this.mailbox === undefined) return [];
    this.touched = this.home.tick;
    return this.mailbox.takeAll();
  }

  stash(): boolean {
    const { stash } = this.extras;
    if (this.current === NONE || stash.length >= this.capacity) return false;
    stash.push(this.current);
    this.current = NONE;
    return true;
  }

  unstashAll(): void {
    const stashed = this.annex?.stash.splice(0) ?? [];
    if (stashed.length === 0) return;
    this.mailbox ??= this.runtime.rings.lend() as Ring<M>;
    this.mailbox.unshiftAll(stashed);
    this.wake();
  }

  startTimer(key: string, ms: number, message: M): void {
    this.timers?.start(key, ms, message, false);
  }

  startPeriodicTimer(key: string, ms: number, message: M): void {
    this.timers?.start(key, Math.max(1, ms), message, true);
  }

  cancelTimer(key: string): void {
    this.annex?.timers?.cancel(key);
  }

  watch(other: ActorRef<never>, message: M): void {
    if (this.open) (this.extras.watches ??= new Watches(this.notify)).watch(other, message);
  }

  unwatch(other: ActorRef<never>): void {
    this.annex?.watches?.unwatch(other);
  }

  spawn<C>(props: ActorProps<C>, name?: string): ActorRef<C> {
    const child = new Cell(this.runtime, this, props, name ?? this.runtime.nextNumber());
    if (!this.open) return child.neverBegun();
    this.extras.children.add(child);
    return child.begin();
  }

  /** As if it had stopped already: for one that is spawned too late. */
  neverBegun(): this {
    this.state = DEAD;
    return this;
  }

  /** Still able to begin something: timers, watches and children of an instance that ends would outlive it. */
  private get open(): boolean {
    return (this.state & (ENDING | DEAD)) === 0;
  }

  private get timers(): Timers<M> | undefined {
    if (!this.open) return undefined;
    return (this.extras.timers ??= new Timers(this.runtime.clock, this.notify));
  }

  private get notify(): (notice: Notice<M>) => void {
    return (notice) => this.signal(notice);
  }

  // ------------------------------------------------------------- home of its children

  get virtual(): boolean {
    return false;
  }

  get reactivates(): boolean {
    return false;
  }

  get tick(): number {
    return 0;
  }

  get keepsIdle(): undefined {
    return undefined;
  }

  escalate(child: Child, error: unknown): void {
    this.signal(new Escalation(child, error));
  }

  successor(): undefined {
    return undefined;
  }

  ended(child: Link): void {
    child.unlink();
    const { annex } = this;
    if (annex === undefined || !annex.children.empty) return;
    const next = annex.whenChildless;
    annex.whenChildless = undefined;
    next?.();
  }
}
