import type { AckNotice, AckReply } from '#contract';
import type { MeshRequest } from '#mesh';

/** An ack whose sender waits for an answer. */
export type AckRequest = MeshRequest<AckNotice, AckReply>;

/** An ack to be saved, and who is told then. */
export interface WaitingAck {
  readonly notice: AckNotice;
  readonly requests: readonly AckRequest[];
}

const NONE: readonly WaitingAck[] = [];
const NOBODY: readonly AckRequest[] = [];

/** Whose place it is: that of a device in its owner's inbox, that of a member in a conversation. */
export const readerOf = ({ conversation, userId, device }: AckNotice): string | undefined =>
  conversation === undefined ? device : userId;

/**
 * Cursors of one log's readers that wait to be saved. Acks are cumulative, so of many for one reader only the highest is left (one for each
 * status): what waits is bounded by readers, not by messages. Cursors of different lives of the log are kept apart, since their ids do not
 * compare.
 */
export class Cursors {
  private readonly waiting = new Map<string, WaitingAck>();

  get size(): number {
    return this.waiting.size;
  }

  /** A reader has got (or read) all up to `messageId`; `requests` are answered with whatever is saved in its place. */
  note(notice: AckNotice, requests: readonly AckRequest[] = NOBODY): void {
    const key = `${notice.epoch} ${notice.status} ${readerOf(notice) ?? ''}`;
    const known = this.waiting.get(key);
    if (!known) this.waiting.set(key, { notice, requests });
    else {
      const highest = known.notice.messageId < notice.messageId ? notice : known.notice;
      this.waiting.set(key, { notice: highest, requests: [...known.requests, ...requests] });
    }
  }

  /** Takes up to `most` out, to save them. Put back with `note` those that failed: a higher one noted meanwhile wins. */
  take(most: number): readonly WaitingAck[] {
    if (this.waiting.size === 0) return NONE;
    const taken: WaitingAck[] = [];
    for (const [key, ack] of this.waiting) {
      if (taken.length === most) break;
      this.waiting.delete(key);
      taken.push(ack);
    }
    return taken;
  }
}
