/** Entries whose senders are remembered: what comes in the second that an automatic ack takes, in all but the busiest inboxes. */
const MOST = 256;

/**
 * Who sent the newest entries of an inbox, as far as they want receipts (their messages carried an `id`). Only saves reading the log: what
 * is not here is found there.
 */
export class RecentSenders {
  private epoch = '';
  private first = 1;
  private senders: (string | undefined)[] = [];

  /** An entry was stored; `sender` undefined: wants no receipt. Entries that another router stored leave a gap: what lies before it is forgotten. */
  note(epoch: string, messageId: number, sender: string | undefined): void {
    if (epoch !== this.epoch || messageId !== this.first + this.senders.length) {
      this.epoch = epoch;
      this.first = messageId;
      this.senders = [];
    }
    // Mostly the one before again: the string that is here already, so that this one dies young.
    const before = this.senders[this.senders.length - 1];
    this.senders.push(before === sender ? before : sender);
    if (this.senders.length < 2 * MOST) return;
    this.senders = this.senders.slice(MOST);
    this.first += MOST;
  }

  /** The oldest id remembered from `messageId` on; undefined: none. */
  from(epoch: string, messageId: number): number | undefined {
    if (epoch !== this.epoch || messageId >= this.first + this.senders.length) return undefined;
    return Math.max(messageId, this.first);
  }

  /** Of an id that is remembered (`from`): undefined where it wants no receipt; `false` where the id is not remembered. */
  of(messageId: number): string | undefined | false {
    const at = messageId - this.first;
    return at < this.senders.length ? this.senders[at] : false;
  }
}
