import type { ActorRef } from './actor.js';
import type { Child } from './annex.js';
import type { Link } from './chain.js';
import type { Watchable } from './watch.js';

/** Where a cell lives: the root of its system, its kind, or its parent. */
export interface Home {
  /** The path that its cells' paths begin with. */
  readonly path: string;
  /** Its cells are virtual actors. */
  readonly virtual: boolean;
  /** A message for a cell that ends is for its next activation: true for a kind, until it is closed. */
  readonly reactivates: boolean;
  /** Counts time in coarse steps, for passivation. */
  readonly tick: number;
  readonly keepsIdle: ((message: never) => boolean) | undefined;
  /** Takes over the decision about a child's failure; absent at the top. */
  readonly escalate: ((child: Child, error: unknown) => void) | undefined;
  /** The ref that stands for a dead virtual actor's next activation. */
  successor(key: string): (ActorRef<unknown> & Watchable) | undefined;
  ended(cell: Link): void;
}
