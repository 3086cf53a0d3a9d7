import type { OpenReply, ReadReply, SyncReply, WireEntry } from '#contract';
import type { LogPage, OpenResult } from '#engine';

/** Bounds of one page on its way to a gateway. */
export const PAGE_LIMITS = { entries: 500, bytes: 1024 * 1024 } as const;

/** What a reader asked for, made sane: 1 to 500 entries. */
export const pageLimit = (asked: number): number => Math.min(PAGE_LIMITS.entries, Math.max(1, asked));

/** As many entries as fit into `bytes`, at least one: the reader asks on after the last it got. */
export function fitting(entries: readonly WireEntry[], bytes: number = PAGE_LIMITS.bytes): readonly WireEntry[] {
  let sum = 0;
  const end = entries.findIndex((entry, i) => (sum += entry.body.byteLength) > bytes && i > 0);
  return end < 0 ? entries : entries.slice(0, end);
}

export const readReply = ({ epoch, lastMessageId, firstMessageId, entries }: LogPage): ReadReply => ({
  epoch,
  lastMessageId,
  firstMessageId,
  entries: fitting(entries),
});

/** A page for `sync`: there is more wherever it ends before the newest entry held. */
export function syncReply(page: LogPage): SyncReply {
  const entries = fitting(page.entries);
  const last = entries.at(-1);
  return { epoch: page.epoch, entries, hasMore: last !== undefined && last.messageId < page.lastMessageId };
}

/** The reply to a reader who goes on at its cursor. */
export const resumed = (page: OpenResult): OpenReply => ({
  epoch: page.epoch,
  lastMessageId: page.lastMessageId,
  cursor: page.cursor,
  resumed: true,
  entries: fitting(page.entries),
});

/** The reply to a reader whose cursor means nothing here any more; `page` begins with the oldest entry held. */
export const startedOver = (page: LogPage): OpenReply => ({
  epoch: page.epoch,
  lastMessageId: page.lastMessageId,
  cursor: page.firstMessageId - 1,
  resumed: false,
  entries: fitting(page.entries),
});
