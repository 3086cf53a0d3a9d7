import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Clock, TimerHandle } from '#actor';
import type { AckNotice } from '#contract';
import { hash32, type MeshError } from '#mesh';
import { CLOCK } from '#service';
import { Inboxes } from '../upstream/inboxes.js';
import type { Position, Positions } from './position.js';

/** How long a cursor may wait to be saved, ms (PROTOCOL.md §4.5), … */
const SAVE_WITHIN_MS = 1_000;
/** … and in how many parts of that time all of them are saved. */
const SLOTS = 20;
const SLOT_MS = SAVE_WITHIN_MS / SLOTS;

/** What is unsaved and has its turn in one part of a second; some may have been saved since it came here, at its end. */
interface Slot {
  positions: Position[];
  groups: Positions[];
}

/**
 * Saves how far clients with `ack: auto` have been served, in their inboxes and in the conversations they have open: each once a second at most, and at
 * once at its end. One timer for all, and all in turns: were they saved together, everybody's messages would wait behind that once a second, in the router
 * and in the engine.
 */
@Injectable()
export class AutoAck {
  private readonly logger = new Logger(AutoAck.name);
  private readonly slots: readonly Slot[] = Array.from({ length: SLOTS }, () => ({ positions: [], groups: [] }));
  private readonly saving = new Set<Promise<void>>();
  /** Entries of all slots. */
  private waiting = 0;
  /** Whose turn it is next, and when. */
  private next = 0;
  private nextAt = 0;
  private timer: TimerHandle = undefined;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly inboxes: Inboxes,
  ) {}

  /** `position.written` has moved on. */
  touch(position: Position): void {
    if (!wanted(position)) return;
    position.unsaved = true;
    this.slotOf(position).positions.push(position);
    this.startTurns();
  }

  /** As `touch`, for all of them at the time of saving. */
  touchAll(positions: Positions): void {
    if (positions.unsaved) return;
    positions.unsaved = true;
    const [first] = positions;
    this.slotOf(first).groups.push(positions);
    this.startTurns();
  }

  /** The same for one user at all times, so that whoever is served without end is saved once a second and not more often. */
  private slotOf(position: Position | undefined): Slot {
    return this.slots[hash32(position?.identity?.userId ?? '') % SLOTS] as Slot;
  }

  private startTurns(): void {
    this.waiting++;
    if (this.timer !== undefined) return;
    this.nextAt = this.clock.now() + SLOT_MS;
    this.timer = this.clock.setTimeout(this.turn, SLOT_MS);
  }

  /** Saves those whose turn has come; of several slots where it comes late. */
  private readonly turn = (): void => {
    const now = this.clock.now();
    for (let left = SLOTS; left > 0 && this.nextAt <= now; left--) {
      this.saveSlot(this.slots[this.next] as Slot);
      this.next = (this.next + 1) % SLOTS;
      this.nextAt += SLOT_MS;
    }
    if (this.nextAt <= now) this.nextAt = now + SLOT_MS;
    this.timer = this.waiting > 0 ? this.clock.setTimeout(this.turn, this.nextAt - now) : undefined;
  };

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

  /** Saves all. */
  flush(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    for (const slot of this.slots) this.saveSlot(slot);
  }

  private saveSlot(slot: Slot): void {
    const { positions, groups } = slot;
    this.waiting -= positions.length + groups.length;
    slot.positions = [];
    slot.groups = [];
    for (const group of groups) {
      group.unsaved = false;
      for (const position of group) if (wanted(position)) this.saveNow(position);
    }
    for (const position of positions) if (position.unsaved) this.saveNow(position);
  }

  /** What no router takes is tried again in a second, unless the session has ended by then: its messages are replayed. */
  private saveNow(position: Position): void {
    position.unsaved = false;
    if (!this.send(position) && !position.closed) this.touch(position);
  }

  private send(position: Position): boolean {
    const notice = noticeOf(position);
    return notice === undefined || this.inboxes.acknowledge(notice);
  }

  private unsaved(error: MeshError): void {
    this.logger.warn({ reason: error.message }, 'the cursor of an ended session was not saved');
  }
}

/** Whether it is to be saved for its client, and nothing has seen to that yet. */
const wanted = ({ unsaved, identity }: Position): boolean => !unsaved && identity?.ack === 'auto';

function noticeOf({ identity, conversation, written: messageId, epoch }: Position): AckNotice | undefined {
  if (!identity) return undefined;
  const { userId, device } = identity;
  return { userId, conversation, device, messageId, epoch, status: 'delivered' };
}
