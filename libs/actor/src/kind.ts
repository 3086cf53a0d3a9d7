import type { ActorKind, ActorRef, KindProps, ReplyTo, TellResult } from './actor.js';
import { Cell, mailboxCapacity } from './cell.js';
import type { Home } from './home.js';
import { IdleWheel } from './passivation.js';
import type { Runtime } from './runtime.js';
import type { Watch, Watchable } from './watch.js';

const DEFAULT_IDLE_MS = 60_000;

/** All virtual actors of one kind. */
export class Kind<M> implements ActorKind<M>, Home {
  readonly virtual = true;
  reactivates = true;
  readonly escalate = undefined;
  readonly keepsIdle: ((message: M) => boolean) | undefined;
  private readonly cells = new Map<string, Cell<M>>();
  private readonly wheel: IdleWheel;
  private whenEmpty: (() => void) | undefined = undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly props: KindProps<M>,
  ) {
    mailboxCapacity(props);
    this.keepsIdle = props.keepsIdle;
    this.wheel = new IdleWheel(runtime.clock, props.idleMs ?? DEFAULT_IDLE_MS);
  }

  get kind(): string {
    return this.props.kind;
  }

  get path(): string {
    return this.props.kind;
  }

  get size(): number {
    return this.cells.size;
  }

  get tick(): number {
    return this.wheel.tick;
  }

  tell(key: string, message: M): TellResult {
    const cell = this.cells.get(key);
    return cell === undefined ? this.activate(key, message) : cell.tell(message);
  }

  ask<R>(key: string, make: (replyTo: ReplyTo<R>) => M, timeoutMs: number): Promise<R> {
    return this.ref(key).ask(make, timeoutMs);
  }

  ref(key: string): ActorRef<M> {
    return this.cells.get(key) ?? this.successor(key);
  }

  successor(key: string): KeyRef<M> {
    return new KeyRef(this.runtime, this, key);
  }

  active(key: string): Cell<M> | undefined {
    return this.cells.get(key);
  }

  ended(cell: Cell<M>): void {
    this.cells.delete(cell.key);
    this.wheel.remove(cell);
    if (this.cells.size === 0) this.whenEmpty?.();
  }

  release(which: (key: string) => boolean): number {
    let active = 0;
    for (const cell of this.cells.values()) {
      if (!which(cell.key)) continue;
      active++;
      cell.passivate();
    }
    return active;
  }

  /** Stops all and activates none any more; resolves when the last has ended. */
  close(): Promise<void> {
    this.reactivates = false;
    this.wheel.stop();
    return new Promise((resolve) => {
      this.whenEmpty = resolve;
      for (const cell of this.cells.values()) cell.stop();
      if (this.cells.size === 0) resolve();
    });
  }

  private activate(key: string, message: M): TellResult {
    if (!this.reactivates) {
      this.runtime.deadLetters.add(`${this.kind}/${key}`, message, 'stopped');
      return 'dead';
    }
    const cell = new Cell(this.runtime, this, this.props, key);
    this.cells.set(key, cell);
    this.wheel.add(cell);
    return cell.tell(message);
  }
}

/** The address of a virtual actor that may not be active. */
class KeyRef<M> implements ActorRef<M>, Watchable {
  constructor(
    private readonly runtime: Runtime,
    private readonly kind: Kind<M>,
    private readonly key: string,
  ) {}

  get path(): string {
    return `${this.kind.kind}/${this.key}`;
  }

  tell(message: M): TellResult {
    return this.kind.tell(this.key, message);
  }

  ask<R>(make: (replyTo: ReplyTo<R>) => M, timeoutMs: number): Promise<R> {
    return this.runtime.asks.ask<M, R>(this, make, timeoutMs);
  }

  stop(): void {
    this.kind.active(this.key)?.stop();
  }

  get identity(): unknown {
    return this.path;
  }

  watchers(): Set<Watch<unknown>> | undefined {
    return this.kind.active(this.key)?.watchers();
  }
}
