import { randomBytes } from 'node:crypto';
import type {
  AppendResult,
  EngineSettings,
  Log,
  LogEntry,
  LogId,
  LogPage,
  NewEntry,
  OpenOptions,
  OpenResult,
} from '../port.js';
import { AppendQueue } from './append-queue.js';
import { logKeys } from './keys.js';
import type { RedisServer, Reply } from './redis-server.js';

/** Devices whose cursors an inbox remembers; a conversation's readers are its members, whose number is the deployer's affair. */
const DEVICES_REMEMBERED = 64;

/** Logs as streams with the ids 0-1, 0-2, …: Redis counts, and the second part is the `messageId`. */
export class RedisLog implements Log {
  private readonly queue: AppendQueue;
  private readonly epochPrefix = randomBytes(9).toString('base64url');
  private epochs = 0;

  constructor(
    private readonly server: RedisServer,
    private readonly settings: EngineSettings,
  ) {
    const { logMaxLength, logMaxAgeMs, idempotencyWindowMs, presenceTtlMs } = settings;
    const limits = [logMaxLength, logMaxAgeMs, idempotencyWindowMs, presenceTtlMs] as const;
    this.queue = new AppendQueue(server, limits, () => this.newEpoch());
  }

  append(log: LogId, entries: readonly NewEntry[]): Promise<AppendResult> {
    return this.queue.append(log, entries);
  }

  async read(log: LogId, after: number, limit: number): Promise<LogPage> {
    const { cursor: _, ...page } = await this.open(log, { after, limit });
    return page;
  }

  async open(id: LogId, { after, device, limit }: OpenOptions): Promise<OpenResult> {
    const { log, meta } = logKeys(id);
    const args = [after ?? '', device ?? '', limit, this.settings.logMaxAgeMs, this.newEpoch()];
    const reply = (await this.server.script('read', [log, meta], args)) as readonly Reply[];
    const [epoch, lastMessageId, firstMessageId, cursor, from, flat] = reply as [
      Buffer,
      number,
      number,
      number,
      number,
      Reply[],
    ];
    return { epoch: epoch.toString(), lastMessageId, firstMessageId, cursor, entries: toEntries(from, flat) };
  }

  async acknowledge(
    id: LogId,
    ack: { readonly device?: string; readonly messageId: number; readonly epoch: string },
  ): Promise<number> {
    const { log, meta } = logKeys(id);
    const limit = id.kind === 'inbox' ? DEVICES_REMEMBERED : Number.MAX_SAFE_INTEGER;
    const args = [ack.device ?? '', ack.messageId, ack.epoch, limit];
    return (await this.server.script('acknowledge', [log, meta], args)) as number;
  }

  /** A name that no log's life had before: offered with each call, taken by the script where a new life begins. */
  private newEpoch(): string {
    return this.epochPrefix + (this.epochs++).toString(36);
  }
}

function toEntries(from: number, flat: readonly Reply[]): LogEntry[] {
  const entries: LogEntry[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    entries.push({ messageId: from + i / 2, timestamp: flat[i] as number, body: flat[i + 1] as Buffer });
  }
  return entries;
}
