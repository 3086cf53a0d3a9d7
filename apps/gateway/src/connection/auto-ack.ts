import { Inject, Injectable } from '@nestjs/common';
import type { Clock, TimerHandle } from '#actor';
import { CLOCK } from '#service';
import { Inboxes } from '../upstream/inboxes.js';
import type { Position } from './position.js';

/** How long a cursor may wait to be saved, ms (PROTOCOL.md §4.5). */
const SAVE_WITHIN_MS = 1_000;

/**
 * Saves how far clients with `ack: auto` have been served, in their inboxes and in the conversations they have open: once a second with one timer for
 * all, and at once at the end of each.
 */
@Injectable()
export class AutoAck {
  private readonly dirty = new Set<Position>();
  private timer: TimerHandle = undefined;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly inboxes: Inboxes,
  ) {}

  /** `position.written` has moved on. */
  touch(position: Position): void {
    if (position.identity?.ack !== 'auto') return;
    this.dirty.add(position);
    this.timer ??= this.clock.setTimeout(this.flush, SAVE_WITHIN_MS);
  }

  /** Saves this one now, if it has something to save. */
  save(position: Position): void {
    if (this.dirty.delete(position)) this.send(position);
  }

  /** Saves all. What no router takes is tried again in a second, unless the session has ended by then: its messages are replayed. */
  readonly flush = (): void => {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    const positions = [...this.dirty];
    this.dirty.clear();
    for (const position of positions) if (!this.send(position) && !position.closed) this.touch(position);
  };

  private send({ identity, conversation, written: messageId, epoch }: Position): boolean {
    if (!identity) return true;
    const { userId, device } = identity;
    return this.inboxes.acknowledge({ userId, conversation, device, messageId, epoch, status: 'delivered' });
  }
}
