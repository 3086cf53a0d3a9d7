import { Inject, Injectable } from '@nestjs/common';
import type { Clock, TimerHandle } from '#actor';
import { CLOCK } from '#service';
import { Inboxes } from '../upstream/inboxes.js';
import type { SessionActor } from './session.js';

/** How long a cursor may wait to be saved, ms (PROTOCOL.md §4.5). */
const SAVE_WITHIN_MS = 1_000;

/** Saves how far the sessions with `ack: auto` have been served: once a second with one timer for all, and at once at their end. */
@Injectable()
export class AutoAck {
  private readonly dirty = new Set<SessionActor>();
  private timer: TimerHandle = undefined;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly inboxes: Inboxes,
  ) {}

  /** `session.written` has moved on. */
  touch(session: SessionActor): void {
    if (session.identity?.ack !== 'auto') return;
    this.dirty.add(session);
    this.timer ??= this.clock.setTimeout(this.flush, SAVE_WITHIN_MS);
  }

  /** Saves this one now, if it has something to save. */
  save(session: SessionActor): void {
    if (this.dirty.delete(session)) this.send(session);
  }

  /** Saves all. What no router takes is tried again in a second, unless the session has ended by then: its messages are replayed. */
  readonly flush = (): void => {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    const sessions = [...this.dirty];
    this.dirty.clear();
    for (const session of sessions) if (!this.send(session) && !session.closed) this.touch(session);
  };

  private send(session: SessionActor): boolean {
    const { identity, registration, written: messageId } = session;
    if (!identity || !registration) return true;
    const { userId, device } = identity;
    return this.inboxes.acknowledge({ userId, device, messageId, epoch: registration.epoch, status: 'delivered' });
  }
}
