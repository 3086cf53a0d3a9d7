/** What the registry knows of a session. */
export interface Registered {
  readonly connectionId: string;
  /** Set between `claim` and `release`. */
  readonly userId: string | undefined;
}

/**
 * Every connection of this gateway, by connection and by user, each found in O(1). Most users have one connection here, so a user's entry
 * is the session itself until there are two.
 */
export class Registry<S extends Registered & object> {
  private readonly byConnection = new Map<string, S>();
  private readonly byUser = new Map<string, S | readonly S[]>();

  get connections(): number {
    return this.byConnection.size;
  }

  /** Users with at least one registered connection. */
  get users(): number {
    return this.byUser.size;
  }

  add(session: S): void {
    this.byConnection.set(session.connectionId, session);
  }

  connection(connectionId: string): S | undefined {
    return this.byConnection.get(connectionId);
  }

  /** Enters the session under its user. */
  claim(session: S): void {
    const { userId } = session;
    if (userId === undefined) return;
    const there = this.of(userId);
    if (there.includes(session)) return;
    this.byUser.set(userId, there.length === 0 ? session : [...there, session]);
  }

  /** Takes the session from under its user; the connection stays. */
  release(session: S): void {
    const { userId } = session;
    if (userId === undefined) return;
    const left = this.of(userId).filter((other) => other !== session);
    if (left.length === 0) this.byUser.delete(userId);
    else this.byUser.set(userId, left.length === 1 ? left[0]! : left);
  }

  remove(session: S): void {
    this.release(session);
    this.byConnection.delete(session.connectionId);
  }

  /** The user's sessions here, oldest first. */
  of(userId: string): readonly S[] {
    const found = this.byUser.get(userId);
    if (found === undefined) return NONE;
    return Array.isArray(found) ? (found as readonly S[]) : [found as S];
  }

  all(): IterableIterator<S> {
    return this.byConnection.values();
  }
}

const NONE: readonly never[] = [];
