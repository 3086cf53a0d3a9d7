import type { UserStatus } from '#contract';
import type { WatchedUser } from '#protocol';
import type { Encodable } from '../dispatch/session.js';

/** A session that may watch users. */
export interface Watcher {
  readonly closed: boolean;
  /** False: it cannot be told now; `Watches.catchUp` follows when it can. */
  tell(event: Encodable): boolean;
}

/** What one session watches. */
export class Watching {
  /** By user: `asked` until the answer to its `watch` is out, which will hold the newest status. */
  readonly users = new Map<string, 'asked' | 'answered'>();
  /** Whose change it could not be told: only the newest status counts, so only the name is kept. */
  readonly untold = new Set<string>();

  constructor(readonly watcher: Watcher) {}

  forget(userId: string): void {
    this.users.delete(userId);
    this.untold.delete(userId);
  }
}

/** One user, watched by however many sessions of this gateway. */
export class Watched {
  readonly by = new Set<Watching>();
  /** Undefined until presence has said it. */
  status: UserStatus | undefined;

  /** Takes in what presence says; false: it is no news to anybody. Of two statuses the one of the higher version is the truth. */
  learn(next: UserStatus): boolean {
    const { status: known } = this;
    if (known && next.version <= known.version) return false;
    this.status = next;
    return !known || known.status !== next.status || known.lastSeen !== next.lastSeen;
  }
}

/** As clients see it. */
export const visible = ({ userId, status, lastSeen }: UserStatus): WatchedUser => ({ userId, status, lastSeen });
