import type { ActorRef } from './actor.js';
import { Notice } from './notice.js';

/** What every ref of ours offers for a death watch. */
export interface Watchable {
  /** The same for all refs of one actor, whatever activation is behind them. */
  readonly identity: unknown;
  /** Who watches the instance that lives now; undefined when none does. */
  watchers(): Set<Watch<unknown>> | undefined;
}

/** One actor's watch on another. */
export class Watch<M> extends Notice<M> {
  constructor(
    message: M,
    private readonly identity: unknown,
    private readonly among: Set<Watch<unknown>> | undefined,
    private readonly watches: Map<unknown, Watch<M>>,
    private readonly deliver: (notice: Notice<M>) => void,
  ) {
    super(message);
  }

  /** The other has stopped. */
  fire(): void {
    if (this.live) this.deliver(this);
  }

  cancel(): void {
    this.live = false;
    this.among?.delete(this as Watch<unknown>);
    this.watches.delete(this.identity);
  }

  override taken(): void {
    this.cancel();
  }
}

/** Whom one actor watches. */
export class Watches<M> {
  private readonly byIdentity = new Map<unknown, Watch<M>>();

  constructor(private readonly deliver: (notice: Notice<M>) => void) {}

  watch(other: ActorRef<never>, message: M): void {
    this.unwatch(other);
    const { identity } = watchable(other);
    const among = watchable(other).watchers();
    const watch = new Watch(message, identity, among, this.byIdentity, this.deliver);
    this.byIdentity.set(identity, watch);
    if (among === undefined) watch.fire();
    else among.add(watch as Watch<unknown>);
  }

  unwatch(other: ActorRef<never>): void {
    this.byIdentity.get(watchable(other).identity)?.cancel();
  }

  cancelAll(): void {
    for (const watch of this.byIdentity.values()) watch.cancel();
  }
}

function watchable(ref: ActorRef<never>): Watchable {
  if ('watchers' in ref) return ref as unknown as Watchable;
  throw new TypeError(`only refs of an actor system can be watched, not ${ref.path}`);
}
