import type { View } from '../history.js';
import type { LogBook } from '../log-book.js';

/** Where a view may begin: after an id from `least` to `most`. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

const NOTHING: Bounds = { least: 0, most: 0 };

/**
 * The id after which a view has to begin (PROTOCOL.md §4.4, §4.5). The explicit cursor says it exactly. Else it is what this device (else
 * the user) had saved: at least what was confirmed before, at most what may have been written to it or acknowledged by it.
 * Where the log starts over (`resumed` false) it begins with the oldest entry held; undefined: nobody outside knows which that is.
 */
export function bounds(view: View, book: LogBook, trimmed: boolean): Bounds | undefined {
  if (!view.opened.resumed) return trimmed ? undefined : NOTHING;
  if (view.cursor !== undefined) return { least: view.cursor, most: view.cursor };
  const owner = saved(view, book);
  if (view.device === undefined) return owner;
  const own = saved(view, book, view.device);
  if (own.least > 0) return own;
  if (own.most === 0) return owner;
  // Its own cursor may have been saved or not: it begins after either.
  return { least: Math.min(owner.least, 1), most: Math.max(own.most, owner.most) };
}

/** What may have been saved for a device (default: any device) of the view's reader when the view was opened. */
function saved(view: View, book: LogBook, device?: string): Bounds {
  let { least, most } = NOTHING;
  for (const ack of book.acks) {
    if (!sameReader(ack, view, device) || ack.epoch !== view.opened.epoch || ack.at > view.opened.at) continue;
    most = Math.max(most, ack.messageId);
    if (ack.confirmedAt === undefined || ack.confirmedAt > view.askedAt) continue;
    // Of an ack beyond the end, only what was there by then is saved.
    least = Math.max(least, Math.min(ack.messageId, book.newest(ack.epoch, ack.at)));
  }
  for (const other of book.views)
    if (other !== view && other.opened.at < view.opened.at && sameReader(other, view, device))
      most = Math.max(most, written(other, view));
  return { least, most };
}

/** What of `other` may count as delivered without an `ack`. After a cut nobody knows what had been written by then. */
function written(other: View, { opened }: View): number {
  if (other.ack === 'manual' || other.opened.epoch !== opened.epoch) return 0;
  if (other.end?.how === 'cut') return Infinity;
  return other.messages.reduce((newest, { messageId }) => Math.max(newest, messageId), 0);
}

const sameReader = (
  one: { readonly reader: string; readonly device?: string | undefined },
  { reader }: View,
  device: string | undefined,
): boolean => one.reader === reader && (device === undefined || one.device === device);
