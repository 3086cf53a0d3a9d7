import type { OkEvent, PresenceStatus, WatchedUser, WatchingEvent } from '#protocol';
import type { Requests } from './requests.js';

/** Users in one call (PROTOCOL.md §2). */
const BATCH = 500;

/** Whom the user watches, and what is to be seen of the user: said again on each connection. */
export class Watching {
  private readonly known = new Map<string, WatchedUser | undefined>();
  private shown: PresenceStatus = 'online';

  constructor(
    private readonly requests: Requests,
    /** Told of what differs from what was known. */
    private readonly changed: (user: WatchedUser) => void,
  ) {}

  async watch(userIds: readonly string[]): Promise<readonly WatchedUser[]> {
    for (const userId of userIds) if (!this.known.has(userId)) this.known.set(userId, undefined);
    const answers = await Promise.all(
      batches(userIds).map((some) => this.requests.ask<WatchingEvent>({ type: 'watch', userIds: some })),
    );
    const statuses = answers.flatMap((answer) => answer.statuses);
    for (const status of statuses) if (this.known.has(status.userId)) this.known.set(status.userId, status);
    return statuses;
  }

  async unwatch(userIds: readonly string[]): Promise<void> {
    for (const userId of userIds) this.known.delete(userId);
    await Promise.all(batches(userIds).map((some) => this.requests.ask({ type: 'unwatch', userIds: some })));
  }

  async show(status: PresenceStatus): Promise<void> {
    this.shown = status;
    await this.requests.ask<OkEvent>({ type: 'presence', status });
  }

  /** Pushed by the server, or answered on a new connection. */
  learn({ userId, status, lastSeen }: WatchedUser): void {
    if (!this.known.has(userId)) return;
    const before = this.known.get(userId);
    const user = lastSeen === undefined ? { userId, status } : { userId, status, lastSeen };
    this.known.set(userId, user);
    if (before?.status !== status || before.lastSeen !== lastSeen) this.changed(user);
  }

  /** Registered anew: a new connection is seen as online, and watches nobody. What cannot be said is said on the next one. */
  resume(): void {
    const quietly = { answered: () => undefined, failed: () => undefined };
    if (this.shown !== 'online') this.requests.request({ type: 'presence', status: this.shown }, quietly);
    for (const userIds of batches([...this.known.keys()])) {
      const answered = (event: object): void => (event as WatchingEvent).statuses.forEach((user) => this.learn(user));
      this.requests.request({ type: 'watch', userIds }, { ...quietly, answered });
    }
  }
}

const batches = (userIds: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(userIds.length / BATCH) }, (_, i) => userIds.slice(i * BATCH, (i + 1) * BATCH));
