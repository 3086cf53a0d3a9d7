import type { Identity } from '../dispatch/session.js';

/** How far a session has brought one log to its client. */
export interface Position {
  readonly identity: Identity | undefined;
  /** The log; without it the user's inbox. */
  readonly conversation: string | undefined;
  readonly epoch: string;
  /** Newest entry that the kernel took. */
  readonly written: number;
  /** `written` has moved on since it was last saved; AutoAck's own mark. */
  unsaved: boolean;
  /** The session has ended. */
  readonly closed: boolean;
}

/** Sessions that have been brought equally far. */
export interface Positions extends Iterable<Position> {
  /** As that of one. */
  unsaved: boolean;
}
