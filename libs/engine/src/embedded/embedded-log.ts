import type {
  Acknowledged,
  Acknowledgement,
  Appended,
  AppendOptions,
  AppendResult,
  Connection,
  EngineSettings,
  Log,
  LogId,
  LogPage,
  LogStatus,
  NewEntry,
  OpenOptions,
  OpenResult,
} from '../port.js';
import type { Stores } from './embedded-conversations.js';
import type { GroupCommit } from './group-commit.js';
import type { LogHead, LogStore } from './log-store.js';
import type { MemberStore } from './member-store.js';
import { advance, advanceOwner, NOWHERE, unmoved, watermarksOf } from './watermarks.js';

/** Old entries removed from the disk per call at most, beyond as many as it adds. */
const REMOVED_PER_CALL = 64;

/** Who is there to be told, at this very instant. */
export interface Audience {
  connections(userId: string): readonly Connection[];
  gateways(conversation: string): readonly string[];
}

/** Logs on disk. Every method is one job of the group commit: atomic, and answered when it is durable. */
export class EmbeddedLog implements Log {
  private readonly store: LogStore;
  private readonly members: MemberStore;

  constructor(
    private readonly commits: GroupCommit,
    { logs, members }: Stores,
    private readonly settings: EngineSettings,
    private readonly now: () => number,
    private readonly audience: Audience,
  ) {
    this.store = logs;
    this.members = members;
  }

  append(log: LogId, entries: readonly NewEntry[], options: AppendOptions = {}): Promise<AppendResult> {
    return this.commits.run(() => {
      const known = this.store.peek(log);
      const refusals = entries.map((entry) => this.refusal(log, known, entry, options));
      const connections = log.kind === 'inbox' ? this.audience.connections(log.id) : [];
      const gateways = log.kind === 'inbox' ? [] : this.audience.gateways(log.id);
      const now = this.now();
      if (!known && entries.length > 0 && !refusals.includes(undefined)) {
        // All are refused: that must not make a log.
        return { epoch: '', appended: refusals.map((why) => refused(why, now)), connections, gateways };
      }
      const head = known ?? this.store.head(log);
      const appended = entries.map((entry, i) => this.appendOne(head, entry, now, refusals[i]));
      this.trim(head, now, entries.length);
      this.store.saveHead(log, head);
      this.store.forgetBefore(this.window(now) - 1, REMOVED_PER_CALL + entries.length);
      return { epoch: head.epoch, appended, connections, gateways };
    });
  }

  async read(log: LogId, after: number, limit: number): Promise<LogPage> {
    const { cursor: _, ...page } = await this.open(log, { after, limit, create: false });
    return page;
  }

  open(log: LogId, options: OpenOptions): Promise<OpenResult> {
    return this.commits.run(() => {
      const head = this.store.head(log);
      const becomesKnown = log.kind === 'inbox' && options.create !== false && !head.known;
      if (becomesKnown) head.known = true;
      if (this.trim(head, this.now(), 0) || becomesKnown) this.store.saveHead(log, head);
      const cursor = this.cursor(log, head, options);
      const from = Math.max(cursor + 1, head.first);
      const entries = this.store.readEntries(head.number, from, Math.min(head.last, from + options.limit - 1));
      return { epoch: head.epoch, lastMessageId: head.last, firstMessageId: head.first, cursor, entries };
    });
  }

  acknowledge(log: LogId, ack: Acknowledgement): Promise<Acknowledged> {
    return this.commits.run(() => {
      const head = this.store.peek(log);
      if (!head) return unmoved(NOWHERE);
      if (log.kind === 'conversation') return this.advanceMember(log.id, head, ack);
      const after = advanceOwner(head, ack, this.now());
      this.store.saveHead(log, head);
      return after;
    });
  }

  status(log: LogId, reader = ''): Promise<LogStatus> {
    return this.commits.run(() => {
      const head = this.store.peek(log);
      if (!head) return { epoch: '', lastMessageId: 0, ...NOWHERE };
      const { epoch, last: lastMessageId } = head;
      if (log.kind === 'inbox') return { epoch, lastMessageId, delivered: head.cursor, read: head.read };
      return { epoch, lastMessageId, ...watermarksOf(this.members.get(log.id, reader), epoch) };
    });
  }

  isKnown(userId: string): Promise<boolean> {
    return this.commits.run(() => this.store.peek({ kind: 'inbox', id: userId })?.known === true);
  }

  /** Only members have a place, looked up in this same job: who has left leaves nothing behind, however late the acknowledgement. */
  private advanceMember(conversation: string, head: LogHead, ack: Acknowledgement): Acknowledged {
    const member = this.members.get(conversation, ack.device ?? '');
    const from = watermarksOf(member, head.epoch);
    if (!member || ack.epoch !== head.epoch) return unmoved(from);
    const after = advance(from, ack, head.last);
    const { delivered, read } = after;
    this.members.save(conversation, { ...member, delivered, read, epoch: head.epoch });
    return after;
  }

  private cursor(log: LogId, head: LogHead, { after, since, device }: OpenOptions): number {
    if (after !== undefined) return after;
    if (since !== undefined) return this.firstAfter(head, since) - 1;
    if (log.kind === 'conversation') return watermarksOf(this.members.get(log.id, device ?? ''), head.epoch).delivered;
    return head.devices.find(([name]) => name === device)?.[1] ?? head.cursor;
  }

  private refusal(
    log: LogId,
    head: LogHead | undefined,
    { author }: NewEntry,
    { onlyKnown, membersOnly }: AppendOptions,
  ): Appended['refused'] {
    if (log.kind === 'inbox') return onlyKnown && !head?.known ? 'unknown_recipient' : undefined;
    return membersOnly && !this.members.get(log.id, author ?? '') ? 'not_member' : undefined;
  }

  private appendOne(
    head: LogHead,
    { body, idempotency }: NewEntry,
    now: number,
    refusal: Appended['refused'],
  ): Appended {
    const field = idempotency && `${idempotency.sender}\0${idempotency.id}`;
    const window = this.window(now);
    if (field !== undefined) {
      const known =
        this.store.remembered(window, head.number, field) ?? this.store.remembered(window - 1, head.number, field);
      if (known) return { ...known, duplicate: true };
    }
    if (refusal) return refused(refusal, now);
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
    head.first = this.firstAfter(head, now - logMaxAgeMs - 1);
    const to = Math.min(head.first, head.stored + added + REMOVED_PER_CALL);
    this.store.removeEntries(head.number, head.stored, to);
    head.stored = Math.max(head.stored, to);
    return head.stored + head.first !== before;
  }

  /** The oldest id stored after `time`. Times rise with ids, so it is found by halving; for trimming, the first one mostly is it. */
  private firstAfter(head: LogHead, time: number): number {
    const isAfter = (id: number) => (this.store.timestampOf(head.number, id) ?? Infinity) > time;
    if (head.first > head.last || isAfter(head.first)) return head.first;
    let before = head.first;
    let after = head.last + 1;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (isAfter(middle)) after = middle;
      else before = middle;
    }
    return after;
  }
}

function refused(why: Appended['refused'], timestamp: number): Appended {
  return { messageId: 0, timestamp, duplicate: false, ...(why && { refused: why }) };
}
