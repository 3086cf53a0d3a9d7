import type {
  Appended,
  AppendResult,
  Connection,
  EngineSettings,
  Log,
  LogId,
  LogPage,
  NewEntry,
  OpenOptions,
  OpenResult,
} from '../port.js';
import type { GroupCommit } from './group-commit.js';
import type { LogHead, LogStore } from './log-store.js';

/** Devices whose cursors an inbox remembers; a conversation's readers are its members, whose number is the deployer's affair. */
const DEVICES_REMEMBERED = 64;
/** Old entries removed from the disk per call at most, beyond as many as it adds. */
const REMOVED_PER_CALL = 64;

/** Logs on disk. Every method is one job of the group commit: atomic, and answered when it is durable. */
export class EmbeddedLog implements Log {
  constructor(
    private readonly commits: GroupCommit,
    private readonly store: LogStore,
    private readonly settings: EngineSettings,
    private readonly now: () => number,
    private readonly locate: (userId: string) => readonly Connection[],
  ) {}

  append(log: LogId, entries: readonly NewEntry[]): Promise<AppendResult> {
    return this.commits.run(() => {
      const head = this.store.head(log);
      const now = this.now();
      const appended = entries.map((entry) => this.appendOne(head, entry, now));
      this.trim(head, now, entries.length);
      this.store.saveHead(log, head);
      this.store.forgetBefore(this.window(now) - 1, REMOVED_PER_CALL + entries.length);
      return { epoch: head.epoch, appended, connections: log.kind === 'inbox' ? this.locate(log.id) : [] };
    });
  }

  async read(log: LogId, after: number, limit: number): Promise<LogPage> {
    const { cursor: _, ...page } = await this.open(log, { after, limit });
    return page;
  }

  open(log: LogId, { after, device, limit }: OpenOptions): Promise<OpenResult> {
    return this.commits.run(() => {
      const head = this.store.head(log);
      if (this.trim(head, this.now(), 0)) this.store.saveHead(log, head);
      const saved = head.devices.find(([name]) => name === device)?.[1];
      const cursor = after ?? saved ?? head.cursor;
      const from = Math.max(cursor + 1, head.first);
      const entries = this.store.readEntries(head.number, from, Math.min(head.last, from + limit - 1));
      return { epoch: head.epoch, lastMessageId: head.last, firstMessageId: head.first, cursor, entries };
    });
  }

  acknowledge(
    log: LogId,
    ack: { readonly device?: string; readonly messageId: number; readonly epoch: string },
  ): Promise<number> {
    return this.commits.run(() => {
      const head = this.store.head(log);
      if (ack.epoch === head.epoch && moveCursors(log, head, ack, this.now())) this.store.saveHead(log, head);
      return head.cursor;
    });
  }

  private appendOne(head: LogHead, { body, idempotency }: NewEntry, now: number): Appended {
    const field = idempotency && `${idempotency.sender}\0${idempotency.id}`;
    const window = this.window(now);
    if (field !== undefined) {
      const known =
        this.store.remembered(window, head.number, field) ?? this.store.remembered(window - 1, head.number, field);
      if (known) return { ...known, duplicate: true };
    }
    const stored = { messageId: ++head.last, timestamp: now };
    this.store.putEntry(head.number, stored.messageId, now, body);
    if (field !== undefined) this.store.remember(window, head.number, field, stored);
    return { ...stored, duplicate: false };
  }

  /** Two generations, named by the window they began in: what is in neither is at least one window old. */
  private window(now: number): number {
    return Math.max(1, Math.floor(now / this.settings.idempotencyWindowMs));
  }

  /** Moves `first` to where length and age say, at once, and removes what lies before it in bounded steps. */
  private trim(head: LogHead, now: number, added: number): boolean {
    const { logMaxLength, logMaxAgeMs } = this.settings;
    const before = head.stored + head.first;
    head.first = Math.max(head.first, head.last - logMaxLength + 1);
    head.first = this.firstYoungerThan(head, now - logMaxAgeMs);
    const to = Math.min(head.first, head.stored + added + REMOVED_PER_CALL);
    this.store.removeEntries(head.number, head.stored, to);
    head.stored = Math.max(head.stored, to);
    return head.stored + head.first !== before;
  }

  /** Times rise with ids, so the border is found by halving; mostly the first is young and that is all. */
  private firstYoungerThan(head: LogHead, cutoff: number): number {
    const isOld = (id: number) => (this.store.timestampOf(head.number, id) ?? Infinity) < cutoff;
    if (head.first > head.last || !isOld(head.first)) return head.first;
    let old = head.first;
    let kept = head.last + 1;
    while (kept - old > 1) {
      const middle = Math.floor((old + kept) / 2);
      if (isOld(middle)) old = middle;
      else kept = middle;
    }
    return kept;
  }
}

/** Returns whether anything moved. */
function moveCursors(
  log: LogId,
  head: LogHead,
  { device, messageId }: { readonly device?: string; readonly messageId: number },
  now: number,
): boolean {
  const id = Math.min(messageId, head.last);
  const forward = id > head.cursor;
  if (forward) head.cursor = id;
  if (device === undefined) return forward;
  const known = head.devices.findIndex(([name]) => name === device);
  if (id <= (head.devices[known]?.[1] ?? 0)) return forward;
  if (known >= 0) head.devices.splice(known, 1);
  head.devices.push([device, id, now]);
  if (log.kind === 'inbox' && head.devices.length > DEVICES_REMEMBERED) head.devices.shift();
  return true;
}
