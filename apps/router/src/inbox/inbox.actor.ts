import { Inject } from '@nestjs/common';
import { VirtualActor } from '#actor';
import type { WireEntry } from '#contract';
import type { Acknowledged, Appended, AppendOptions, Engine, LogId } from '#engine';
import type { Turn } from '#mesh';
import { CONFIG, ENGINE } from '#service';
import type { RouterConfig } from '../config.js';
import { Backlog } from '../log/backlog.js';
import { storable } from '../log/batch.js';
import { Delivery } from '../log/delivery.js';
import { LogActor, MAILBOX_CAPACITY, SUPERVISION, type LogMail, type Stored } from '../log/log.actor.js';
import { gatewaysOf } from '../log/settle.js';
import { RouterStats } from '../router-stats.js';
import { Copies, Copy, type Send } from './copies.js';
import { Receipts } from './receipts.js';
import { ReceiptsDue } from './receipts-due.js';
import { RecentSenders } from './recent-senders.js';

const NOBODY: readonly string[] = [];

export type InboxMail = LogMail<Send | Copy>;

/** One user's inbox while something happens in it; also tells senders how far their messages have come. */
@VirtualActor({ kind: 'inbox', mailboxCapacity: MAILBOX_CAPACITY, idleMs: 60_000, supervision: SUPERVISION })
export class InboxActor extends LogActor<Send | Copy> {
  private readonly recent = new RecentSenders();
  private readonly due = new ReceiptsDue();
  private sendingReceipts = false;
  private readonly options: { readonly onlyKnown: boolean };
  /** When the last messages were told from here. */
  private toldIn: Turn | undefined;

  constructor(
    @Inject(ENGINE) engine: Engine,
    @Inject(CONFIG) config: RouterConfig,
    backlog: Backlog,
    stats: RouterStats,
    private readonly delivery: Delivery,
    private readonly copies: Copies,
    private readonly receipts: Receipts,
  ) {
    super(engine, backlog, stats);
    this.options = { onlyKnown: config.RECIPIENTS === 'known' };
  }

  override async receive(first: InboxMail): Promise<void> {
    await super.receive(first);
    if (!this.sendingReceipts) void this.sendReceipts();
  }

  protected get log(): LogId {
    return { kind: 'inbox', id: this.context.key };
  }

  protected async store(batch: readonly (Send | Copy)[]): Promise<Stored> {
    const entries = storable(batch);
    if (entries.length === 0) return this.locate();
    this.stats.batch(entries.length);
    const options = batch.length === 1 ? this.publishing() : this.options;
    const { epoch, appended, connections, told = NOBODY } = await this.engine.log.append(this.log, entries, options);
    this.stats.delivered += told.length;
    const gateways = gatewaysOf(connections).filter((gateway) => !told.includes(gateway));
    return { epoch, appended, gateways, unknown: this.options.onlyKnown && appended.some(isUnknown) };
  }

  /** For ephemeral messages alone. Who is connected is known. */
  private async locate(): Promise<Stored> {
    const { key } = this.context;
    const gateways = gatewaysOf(await this.engine.presence.locate(key));
    const asked = this.options.onlyKnown && gateways.length === 0;
    return { epoch: '', appended: [], gateways, unknown: asked && !(await this.engine.log.isKnown(key)) };
  }

  private publishing(): AppendOptions {
    const publication = this.delivery.publicationAfter(this.toldIn);
    return publication ? { onlyKnown: this.options.onlyKnown, publication } : this.options;
  }

  protected deliver(epoch: string, entries: readonly WireEntry[], gateways: readonly string[]): void {
    this.toldIn = this.delivery.deliver({ userId: this.context.key, epoch, entries }, gateways);
  }

  protected override answer(send: Send | Copy, stored: Appended, epoch: string): void {
    if (!send.data.ephemeral && !stored.duplicate) this.recent.note(epoch, stored.messageId, wantsReceipt(send));
    if (!(send instanceof Copy) && this.copies.wanted(send)) this.copies.make(send, stored, epoch);
    else super.answer(send, stored, epoch);
  }

  protected override acknowledged(epoch: string, moved: Acknowledged): void {
    this.due.add(epoch, moved);
  }

  /** Beside the turns, which do not wait for it; what is acknowledged meanwhile makes up the next round. */
  private async sendReceipts(): Promise<void> {
    this.sendingReceipts = true;
    for (let due = this.due.take(); due.length > 0; due = this.due.take())
      for (const one of due) await this.receipts.send(this.context.key, one, this.recent);
    this.sendingReceipts = false;
  }
}

const isUnknown = ({ refused }: Appended): boolean => refused === 'unknown_recipient';

const wantsReceipt = (send: Send | Copy): string | undefined =>
  send instanceof Copy || send.data.id === undefined ? undefined : send.data.from;
