import {
  GATEWAY,
  PRESENCE,
  type SetStatusRequest,
  type UnwatchRequest,
  type UserStatus,
  type VisibleStatus,
  type WatchReply,
  type WatchRequest,
} from '#contract';
import type { Answering } from './answering.js';

/** The backend's statuses, and whom the gateway watches. */
export class BackendWatchers {
  readonly watched = new Set<string>();
  private readonly statuses = new Map<string, UserStatus>();

  constructor(private readonly backend: Answering) {
    backend.answer(PRESENCE.watch, ({ userIds }: WatchRequest): WatchReply => {
      for (const userId of userIds) this.watched.add(userId);
      return { statuses: userIds.map((userId) => this.of(userId)) };
    });
    backend.answer(PRESENCE.unwatch, ({ userIds }: UnwatchRequest) => {
      for (const userId of userIds) this.watched.delete(userId);
    });
    backend.answer(PRESENCE.setStatus, (_request: SetStatusRequest) => ({}));
  }

  of(userId: string): UserStatus {
    return this.statuses.get(userId) ?? { userId, status: 'offline', version: 0 };
  }

  /** Changes a status without telling anybody. */
  set(userId: string, status: VisibleStatus, lastSeen?: number): UserStatus {
    const next = { userId, status, lastSeen, version: this.of(userId).version + 1 };
    this.statuses.set(userId, next);
    return next;
  }

  push(status: UserStatus): void {
    this.backend.tell(GATEWAY.presence, status);
  }

  /** Changes it, and tells the gateway if it watches. */
  change(userId: string, status: VisibleStatus, lastSeen?: number): void {
    const next = this.set(userId, status, lastSeen);
    if (this.watched.has(userId)) this.push(next);
  }
}
