import { randomBytes } from 'node:crypto';
import type {
  Acknowledged,
  Acknowledgement,
  AppendOptions,
  AppendResult,
  EngineSettings,
  Log,
  LogEntry,
  LogId,
  LogPage,
  LogStatus,
  NewEntry,
  OpenOptions,
  OpenResult,
} from '../port.js';
import { AckQueue } from './ack-queue.js';
import { AppendQueue } from './append-queue.js';
import { logKeys, readerKeys } from './keys.js';
import type { RedisServer, Reply } from './redis-server.js';
import { ScriptBatch } from './script-batch.js';
import { bodiesOf } from './shared-entries.js';

/** Logs that one call opens: those who come together read most often little or nothing. */
const OPENINGS_PER_CALL = 16;
/** Messages that it returns in all, but for a few more of each: whoever has more to read reads on. */
const OPENED_TOGETHER = 500;

/** As lua/read.lua answers for a reader. */
type Opened = [epoch: Buffer, last: number, first: number, cursor: number, start: number, flat: Reply[]];

/** Logs as streams; an entry holds messages of one append, and its id is `0-` and the `messageId` of its last message. */
export class RedisLog implements Log {
  private readonly queue: AppendQueue;
  private readonly acks: AckQueue;
  private readonly opening: ScriptBatch;
  private readonly reading: ScriptBatch;
  private readonly epochPrefix = randomBytes(9).toString('base64url');
  private epochs = 0;

  constructor(
    private readonly server: RedisServer,
    settings: EngineSettings,
    appends: RedisServer = server,
  ) {
    const { logMaxLength, logMaxAgeMs, idempotencyWindowMs, presenceTtlMs } = settings;
    const limits = [logMaxLength, logMaxAgeMs, idempotencyWindowMs, presenceTtlMs] as const;
    this.queue = new AppendQueue(appends, limits, () => this.newEpoch());
    this.acks = new AckQueue(server);
    this.opening = new ScriptBatch(server, 'read', [logMaxLength, logMaxAgeMs, OPENED_TOGETHER], OPENINGS_PER_CALL);
    this.reading = new ScriptBatch(server, 'read', [logMaxLength, logMaxAgeMs, Number.MAX_SAFE_INTEGER], 1);
  }

  append(log: LogId, entries: readonly NewEntry[], options: AppendOptions = {}): Promise<AppendResult> {
    return this.queue.append(log, entries, options);
  }

  async read(log: LogId, after: number, limit: number): Promise<LogPage> {
    const { cursor: _, ...page } = await this.open(log, { after, limit, create: false });
    return page;
  }

  async open(id: LogId, { after, since, device, limit, create = true }: OpenOptions): Promise<OpenResult> {
    const { owner } = logKeys(id);
    const items = [
      owner,
      String(after ?? ''),
      device ?? '',
      limit,
      this.newEpoch(),
      String(since ?? ''),
      create ? 1 : 0,
    ];
    const batch = create ? this.opening : this.reading;
    const reply = await batch.of(() => readerKeys(id), items);
    const [epoch, lastMessageId, firstMessageId, cursor, start, flat] = reply as Opened;
    const entries = toEntries(start, flat, Math.max(cursor + 1, firstMessageId), limit);
    return { epoch: epoch.toString(), lastMessageId, firstMessageId, cursor, entries };
  }

  acknowledge(log: LogId, ack: Acknowledgement): Promise<Acknowledged> {
    return this.acks.acknowledge(log, ack);
  }

  async status(id: LogId, reader = ''): Promise<LogStatus> {
    const reply = await this.server.script('watermarks', readerKeys(id), [this.newEpoch(), reader]);
    const [epoch, lastMessageId, delivered, read] = reply as [Buffer, number, number, number];
    return { epoch: epoch.toString(), lastMessageId, delivered, read };
  }

  async isKnown(userId: string): Promise<boolean> {
    const { meta } = logKeys({ kind: 'inbox', id: userId });
    return (await this.server.call('hexists', meta, 'known')) === 1;
  }

  /** A name that no log's life had before: offered with each call, taken by the script where a new life begins. */
  newEpoch(): string {
    return this.epochPrefix + (this.epochs++).toString(36);
  }
}

/** The messages from `from` on, `limit` at most, of entries that begin with the message `start`. */
function toEntries(start: number, flat: readonly Reply[], from: number, limit: number): LogEntry[] {
  const entries: LogEntry[] = [];
  let messageId = start;
  for (let i = 0; i < flat.length; i += 3) {
    const [timestamp, count, value] = flat.slice(i, i + 3) as [number, number, Buffer];
    for (const body of bodiesOf(value, count)) {
      if (messageId >= from && entries.length < limit) entries.push({ messageId, timestamp, body });
      messageId++;
    }
  }
  return entries;
}
