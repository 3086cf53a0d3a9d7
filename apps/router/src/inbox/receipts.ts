import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Clock } from '#actor';
import { GATEWAY, type ReceiptNotice } from '#contract';
import { EngineUnavailableError, type Engine, type LogEntry } from '#engine';
import { unpackBody } from '#protocol';
import { CLOCK, ENGINE } from '#service';
import { Delivery } from '../log/delivery.js';
import { PAGE_LIMITS } from '../log/page.js';
import { gatewaysOf } from '../log/settle.js';
import { RouterStats } from '../router-stats.js';
import type { ReceiptDue } from './receipts-due.js';
import type { RecentSenders } from './recent-senders.js';

/** Sender → the highest id of theirs. */
type Highest = Map<string, number>;

/**
 * Tells senders how far their messages have come (PROTOCOL.md §3 `receipt`): those that carried an `id`, and nobody of copies of one's own.
 * Live and at most once: who is not connected, or finds the engine away, asks for `status`.
 */
@Injectable()
export class Receipts {
  private readonly logger = new Logger(Receipts.name);

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly delivery: Delivery,
    private readonly stats: RouterStats,
  ) {}

  /** Never rejects. */
  async send(owner: string, due: ReceiptDue, recent: RecentSenders): Promise<void> {
    try {
      const highest = await this.sendersOf(owner, due, recent);
      highest.delete(owner);
      if (highest.size > 0) await this.tell(owner, due, highest);
    } catch (error) {
      this.stats.receiptsDropped += 1;
      if (!(error instanceof EngineUnavailableError)) this.logger.error({ err: error }, 'receipts were not sent');
    }
  }

  private async sendersOf(owner: string, due: ReceiptDue, recent: RecentSenders): Promise<Highest> {
    const highest: Highest = new Map();
    for (let next = due.after + 1; next <= due.upTo;) {
      const remembered = recent.from(due.epoch, next);
      if (remembered === next) next = takeRemembered(recent, next, due.upTo, highest);
      else next = await this.takeLogged(owner, due, next, Math.min(remembered ?? Infinity, due.upTo + 1), highest);
    }
    return highest;
  }

  /** One page of `next` ≤ id < `end`; returns where to go on. */
  private async takeLogged(
    owner: string,
    { epoch, upTo }: ReceiptDue,
    next: number,
    end: number,
    highest: Highest,
  ): Promise<number> {
    const limit = Math.min(PAGE_LIMITS.entries, end - next);
    const page = await this.engine.log.read({ kind: 'inbox', id: owner }, next - 1, limit);
    if (page.epoch !== epoch) return upTo + 1;
    for (const entry of page.entries) if (entry.messageId < end) takeEntry(entry, highest);
    return (page.entries.at(-1)?.messageId ?? upTo) + 1;
  }

  private async tell(owner: string, { status }: ReceiptDue, highest: Highest): Promise<void> {
    const timestamp = this.clock.now();
    const senders = [...highest];
    const located = await Promise.all(senders.map(([userId]) => this.engine.presence.locate(userId)));
    for (const [i, [userId, messageId]] of senders.entries()) {
      const connections = located[i] ?? [];
      const notice: ReceiptNotice = { userId, to: owner, messageId, status, timestamp };
      this.stats.receipts += this.delivery.tell(GATEWAY.receipt, notice, gatewaysOf(connections));
    }
  }
}

/** Ids from `next` on that are remembered; returns the first that is not. */
function takeRemembered(recent: RecentSenders, next: number, upTo: number, highest: Highest): number {
  for (let id = next; id <= upTo; id++) {
    const sender = recent.of(id);
    if (sender === false) return id;
    if (sender !== undefined) highest.set(sender, id);
  }
  return upTo + 1;
}

function takeEntry({ messageId, body }: LogEntry, highest: Highest): void {
  const { from, id } = unpackBody(body);
  if (id !== undefined) highest.set(from, messageId);
}
