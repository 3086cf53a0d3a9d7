import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Clock, TimerHandle } from '#actor';
import type { AckNotice } from '#contract';
import type { MeshError } from '#mesh';
import { CLOCK } from '#service';
import { Inboxes } from '../upstream/inboxes.js';
import type { Position, Positions } from './position.js';

/** How long a cursor may wait to be saved, ms (PROTOCOL.md §4.5). */
const SAVE_WITHIN_MS = 1_000;

/**
 * Saves how far clients with `ack: auto` have been served, in their inboxes and in the conversations they have open: once a second with one timer for
 * all, and at once at the end of each.
 */
@Injectable()
export class AutoAck {
  private readonly logger = new Logger(AutoAck.name);
  /** Those that were unsaved when they came here; some have been saved since, at their end. */
  private dirty: Position[] = [];
  private dirtyGroups: Positions[] = [];
  private readonly saving = new Set<Promise<void>>();
  private timer: TimerHandle = undefined;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly inboxes: Inboxes,
  ) {}

  /** `position.written` has moved on. */
  touch(position: Position): void {
    if (position.unsaved || position.identity?.ack !== 'auto') return;
    position.unsaved = true;
    this.dirty.push(position);
    this.start();
  }

  /** As `touch`, for all of them at the time of saving. */
  touchAll(positions: Positions): void {
    if (positions.unsaved) return;
    positions.unsaved = true;
    this.dirtyGroups.push(positions);
    this.start();
  }

  private start(): void {
    this.timer ??= this.clock.setTimeout(this.flush, SAVE_WITHIN_MS);
  }

  /** Saves this one now, if it has something to save: its end has come. */
  save(position: Position): void {
    if (!position.unsaved) return;
    position.unsaved = false;
    const notice = noticeOf(position);
    if (!notice) return;
    const saving = new Promise<void>((done) => {
      // What cannot be saved is replayed: nothing is lost by it.
      const sink = { onReply: () => done(), onError: (error: MeshError) => done(this.unsaved(error)) };
      this.inboxes.acknowledgeSurely(notice, sink);
    });
    this.saving.add(saving);
    void saving.then(() => this.saving.delete(saving));
  }

  /** Resolves when all that was saved at an end is saved, or could not be. */
  async settled(): Promise<void> {
    await Promise.all(this.saving);
  }

  /** Saves all. What no router takes is tried again in a second, unless the session has ended by then: its messages are replayed. */
  readonly flush = (): void => {
    this.spread();
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    const { dirty } = this;
    this.dirty = [];
    for (const position of dirty) {
      if (!position.unsaved) continue;
      position.unsaved = false;
      if (!this.send(position) && !position.closed) this.touch(position);
    }
  };

  private spread(): void {
    const groups = this.dirtyGroups;
    this.dirtyGroups = [];
    for (const group of groups) {
      group.unsaved = false;
      for (const position of group) this.touch(position);
    }
  }

  private send(position: Position): boolean {
    const notice = noticeOf(position);
    return notice === undefined || this.inboxes.acknowledge(notice);
  }

  private unsaved(error: MeshError): void {
    this.logger.warn({ reason: error.message }, 'the cursor of an ended session was not saved');
  }
}

function noticeOf({ identity, conversation, written: messageId, epoch }: Position): AckNotice | undefined {
  if (!identity) return undefined;
  const { userId, device } = identity;
  return { userId, conversation, device, messageId, epoch, status: 'delivered' };
}
