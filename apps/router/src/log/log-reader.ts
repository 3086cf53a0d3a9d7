import { Inject, Injectable } from '@nestjs/common';
import { resumes, type OpenReply, type OpenRequest, type ReadReply, type ReadRequest } from '#contract';
import type { StatusReply, SyncReply, SyncRequest } from '#contract';
import type { Engine, LogId, LogPage } from '#engine';
import { ENGINE } from '#service';
import { pageLimit, readReply, resumed, startedOver, syncReply } from './page.js';

type Open = Omit<OpenRequest, 'userId'>;
type Read = Omit<ReadRequest, 'userId'>;
type Sync = Omit<SyncRequest, 'userId'>;

/**
 * Reads logs, straight from the engine. Not by way of the log's actor: the engine answers each read in one atomic step, so a mailbox would
 * add nothing but a wait behind the messages that are being written, and a registration is due most when many are.
 */
@Injectable()
export class LogReader {
  constructor(@Inject(ENGINE) private readonly engine: Engine) {}

  /** The first page after a reader's cursor; from the oldest entry held where the cursor means nothing any more (PROTOCOL.md §4.6). */
  async open(log: LogId, request: Open): Promise<OpenReply> {
    const { device, lastMessageId, epoch } = request;
    const limit = pageLimit(request.limit);
    const page = await this.engine.log.open(log, {
      limit,
      ...(device === undefined ? {} : { device }),
      ...(lastMessageId === undefined ? {} : { after: lastMessageId }),
    });
    if (resumes(page, epoch)) return resumed(page);
    return startedOver(await this.engine.log.read(log, 0, limit));
  }

  async read(log: LogId, { after, limit }: Read): Promise<ReadReply> {
    return readReply(await this.engine.log.read(log, after, pageLimit(limit)));
  }

  /** What was stored after an id, else after a time, else all. Moves no cursor, and makes nobody known. */
  async sync(log: LogId, { lastMessageId, lastSyncTime, limit }: Sync): Promise<SyncReply> {
    return syncReply(await this.pageSince(log, lastMessageId, lastSyncTime, pageLimit(limit)));
  }

  /** How far the owner of an inbox has come. */
  async status(log: LogId): Promise<StatusReply> {
    const { delivered, read } = await this.engine.log.status(log);
    return { delivered, read };
  }

  private pageSince(log: LogId, after: number | undefined, since: number | undefined, limit: number): Promise<LogPage> {
    if (after !== undefined || since === undefined) return this.engine.log.read(log, after ?? 0, limit);
    return this.engine.log.open(log, { since, create: false, limit });
  }
}
