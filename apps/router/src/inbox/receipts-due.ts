import type { Acknowledged } from '#engine';

export type ReceiptStatus = 'delivered' | 'read';

/** Entries `after` < id ≤ `upTo` of one life of an inbox have been delivered, or read. */
export interface ReceiptDue {
  readonly epoch: string;
  readonly status: ReceiptStatus;
  readonly after: number;
  readonly upTo: number;
}

const NONE: readonly ReceiptDue[] = [];

/**
 * Receipts that are still to be sent, of all acks since the last were: of many steps forward one span is left for each status. What was read
 * is not called delivered as well, since the one says the other.
 */
export class ReceiptsDue {
  private readonly spans = new Map<ReceiptStatus, ReceiptDue>();

  add(epoch: string, { delivered, deliveredBefore, read, readBefore }: Acknowledged): void {
    this.span({ epoch, status: 'read', after: readBefore, upTo: read });
    this.span({ epoch, status: 'delivered', after: deliveredBefore, upTo: delivered });
  }

  /** All of them; none is left here. */
  take(): readonly ReceiptDue[] {
    if (this.spans.size === 0) return NONE;
    const read = this.spans.get('read');
    const delivered = this.spans.get('delivered');
    this.spans.clear();
    const due: ReceiptDue[] = [];
    if (read) due.push(read);
    const after = Math.max(delivered?.after ?? 0, read && read.epoch === delivered?.epoch ? read.upTo : 0);
    if (delivered && after < delivered.upTo) due.push({ ...delivered, after });
    return due;
  }

  private span(due: ReceiptDue): void {
    if (due.upTo <= due.after) return;
    const known = this.spans.get(due.status);
    const same = known?.epoch === due.epoch;
    const after = same ? Math.min(known.after, due.after) : due.after;
    const upTo = same ? Math.max(known.upTo, due.upTo) : due.upTo;
    this.spans.set(due.status, { ...due, after, upTo });
  }
}
