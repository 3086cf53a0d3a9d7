import type { Conditions } from '../conditions.js';
import type { Fault } from '../fault.js';
import type { Seen, View } from '../history.js';
import { stored, type LogBook } from '../log-book.js';
import { bounds } from './place.js';

/** On one connection a log comes strictly in order, without gap or repeat (PROTOCOL.md §4.3). */
export function* contiguous(book: LogBook): Iterable<Fault> {
  for (const view of book.views) {
    const had = new Set<number>();
    let last: number | undefined;
    for (const { messageId } of stored(view)) {
      const fault = step(view, had, last, messageId);
      if (fault) yield fault;
      had.add(messageId);
      last = Math.max(last ?? 0, messageId);
    }
  }
}

function step(view: View, had: ReadonlySet<number>, last: number | undefined, messageId: number): Fault | undefined {
  const { log, connection } = view;
  if (had.has(messageId)) return { kind: 'repeat', log, detail: `${messageId} came twice on ${connection}` };
  if (last === undefined || messageId === last + 1) return undefined;
  const kind = messageId > last ? 'gap' : 'inversion';
  return { kind, log, detail: `${messageId} came after ${last} on ${connection}` };
}

/** A view begins right after its cursor (PROTOCOL.md §4.4). */
export function* beginnings(book: LogBook, { trimmed = false }: Conditions): Iterable<Fault> {
  for (const view of book.views) {
    const first = stored(view)[0]?.messageId;
    const allowed = bounds(view, book, trimmed);
    if (first === undefined || !allowed) continue;
    const { least, most } = allowed;
    const after = least === most ? `${least}` : `${least} to ${most}`;
    const detail = `${view.connection} began with ${first}, its cursor was ${after}`;
    if (first > most + 1) yield { kind: 'gap', log: book.name, detail };
    if (first <= least) yield { kind: 'repeat', log: book.name, detail };
  }
}

/** `resumed` tells the truth about the cursor (PROTOCOL.md §4.6). */
export function* resumption(book: LogBook, { trimmed = false }: Conditions): Iterable<Fault> {
  for (const { connection, cursor = 0, cursorEpoch, opened } of book.views) {
    const otherLife = cursorEpoch !== undefined && cursorEpoch !== opened.epoch;
    const holds = !otherLife && cursor <= opened.lastMessageId;
    const asked = `${connection} asked for ${cursor} of ${cursorEpoch ?? 'any epoch'}`;
    const told = `resumed ${opened.resumed} at ${opened.lastMessageId} of ${opened.epoch}`;
    if (holds !== opened.resumed && !(holds && trimmed))
      yield { kind: 'resync', log: book.name, detail: `${asked} and was told ${told}` };
  }
}

/** A log lives on as long as its data does (PROTOCOL.md §4.6). */
export function* lives({ name, epochs }: LogBook, { dataLost = false }: Conditions): Iterable<Fault> {
  if (epochs.length > 1 && !dataLost) yield { kind: 'epoch', log: name, detail: `it had ${epochs.length} epochs` };
}

/** Who had every chance has seen everything, and what the log once had it goes on having (PROTOCOL.md §4.1, §4.4). */
export function* losses(book: LogBook, { trimmed = false }: Conditions): Iterable<Fault> {
  for (const view of book.views) {
    const { opened, connection, askedAt } = view;
    const before = book.newest(opened.epoch, askedAt);
    if (opened.lastMessageId < before)
      yield lost(book, `${connection} was told that the log ends at ${opened.lastMessageId}, it had reached ${before}`);
    const newest = book.newest(opened.epoch);
    const reached = position(view, book, trimmed);
    if (view.complete && reached < newest)
      yield lost(book, `${connection} got as far as ${reached}, ${newest} was stored`);
  }
}

const lost = ({ name: log }: LogBook, detail: string): Fault => ({ kind: 'loss', log, detail });

/** The newest id that came; where none did, the highest that it can have begun after. */
function position(view: View, book: LogBook, trimmed: boolean): number {
  const seen = stored(view);
  if (seen.length > 0) return seen.reduce((newest, { messageId }) => Math.max(newest, messageId), 0);
  const most = bounds(view, book, trimmed)?.most ?? Infinity;
  return Math.min(most, view.opened.lastMessageId);
}

/** An ephemeral message comes at most once a time that it was sent, and to nobody before (PROTOCOL.md §4.7). */
export function* ephemerals(book: LogBook): Iterable<Fault> {
  for (const view of book.views) {
    const counts = new Map<string, number>();
    for (const seen of view.messages) {
      if (seen.messageId !== 0) continue;
      const key = JSON.stringify([seen.from, seen.content]);
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      const sent = book.ephemeral.filter((one) => isOf(seen, one)).length;
      if (count <= sent) continue;
      yield { kind: sent === 0 ? 'phantom' : 'repeat', log: book.name, detail: `${key} came to ${view.connection}` };
    }
  }
}

const isOf = (seen: Seen, sent: { readonly sender: string; readonly content: string; readonly at: number }): boolean =>
  sent.sender === seen.from && sent.content === seen.content && sent.at < seen.at;
