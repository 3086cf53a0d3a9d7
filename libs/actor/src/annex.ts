import type { TimerHandle } from './clock.js';
import { Chain, type Link } from './chain.js';
import { Ring } from './mailbox.js';
import type { Notice } from './notice.js';
import type { Timers } from './timers.js';
import type { Watch, Watches } from './watch.js';

/** A child as its parent sees it. */
export interface Child extends Link {
  stop(): void;
  /** Its supervisor decided to resume it. */
  resume(): void;
}

/** A child failed and leaves the decision to its parent. */
export class Escalation {
  constructor(
    readonly child: Child,
    readonly error: unknown,
  ) {}
}

/** What most actors never need, made when one first does: an idle plain actor has none. */
export class Annex<M> {
  /** The system queue. */
  readonly signals = new Ring<Notice<M> | Escalation>();
  readonly children = new Chain<Child>();
  stash: M[] = [];
  timers: Timers<M> | undefined = undefined;
  watches: Watches<M> | undefined = undefined;
  watchers: Set<Watch<unknown>> | undefined = undefined;
  /** When it was restarted, within the window. */
  restarts: readonly number[] = [];
  backoff: TimerHandle = undefined;
  /** Runs once the last child has ended. */
  whenChildless: (() => void) | undefined = undefined;
  /** The child whose failure was passed on to this actor's own supervisor. */
  escalated: Child | undefined = undefined;
}
