import { Inject, Injectable } from '@nestjs/common';
import type { OpenReply, OpenRequest, ReadReply, ReadRequest } from '#contract';
import type { Engine, LogId } from '#engine';
import { ENGINE } from '#service';
import { pageLimit, readReply, resumed, resumes, startedOver } from './page.js';

/**
 * Reads logs, straight from the engine. Not by way of the log's actor: the engine answers each read in one atomic step, so a mailbox would
 * add nothing but a wait behind the messages that are being written, and a registration is due most when many are.
 */
@Injectable()
export class LogReader {
  constructor(@Inject(ENGINE) private readonly engine: Engine) {}

  /** The first page after a reader's cursor; from the oldest entry held where the cursor means nothing any more (PROTOCOL.md §4.6). */
  async open(log: LogId, request: Omit<OpenRequest, 'userId'>): Promise<OpenReply> {
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

  async read(log: LogId, { after, limit }: Omit<ReadRequest, 'userId'>): Promise<ReadReply> {
    return readReply(await this.engine.log.read(log, after, pageLimit(limit)));
  }
}
