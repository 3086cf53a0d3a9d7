import { Inject } from '@nestjs/common';
import { VirtualActor } from '#actor';
import type { PostRequest, SendReply, WireEntry } from '#contract';
import type { Engine, LogId } from '#engine';
import type { MeshRequest } from '#mesh';
import { ENGINE } from '#service';
import { Backlog } from '../log/backlog.js';
import { storable } from '../log/batch.js';
import { Delivery } from '../log/delivery.js';
import { LogActor, MAILBOX_CAPACITY, SUPERVISION, type LogMail, type Stored } from '../log/log.actor.js';
import { RouterStats } from '../router-stats.js';

export type Post = MeshRequest<PostRequest, SendReply>;

export type ConversationMail = LogMail<Post>;

const MEMBERS_ONLY = { membersOnly: true } as const;
const NOBODY: ReadonlySet<string> = new Set();

/** One conversation while something happens in it: one append a turn for all its members, one packet for each gateway with subscribers. */
@VirtualActor({ kind: 'conversation', mailboxCapacity: MAILBOX_CAPACITY, idleMs: 60_000, supervision: SUPERVISION })
export class ConversationActor extends LogActor<Post> {
  constructor(
    @Inject(ENGINE) engine: Engine,
    backlog: Backlog,
    stats: RouterStats,
    private readonly delivery: Delivery,
  ) {
    super(engine, backlog, stats);
  }

  protected get log(): LogId {
    return { kind: 'conversation', id: this.context.key };
  }

  /** With nothing to store, the append still tells which gateways have subscribers. */
  protected async store(batch: readonly Post[]): Promise<Stored> {
    await this.letJoin(batch);
    const entries = storable(batch);
    const strangers = entries.length < batch.length ? await this.strangers(batch) : NOBODY;
    if (entries.length > 0) this.stats.batch(entries.length);
    const { epoch, appended, gateways } = await this.engine.log.append(this.log, entries, MEMBERS_ONLY);
    return { epoch, appended, gateways, strangers };
  }

  protected deliver(epoch: string, entries: readonly WireEntry[], gateways: readonly string[]): void {
    this.delivery.fanOut({ conversation: this.context.key, epoch, entries }, gateways);
  }

  /** Makes members of the authors whose tokens say that they may join, before their messages are looked at. */
  private async letJoin(batch: readonly Post[]): Promise<void> {
    let joining: Set<string> | undefined;
    for (const { data } of batch) if (data.mayJoin) (joining ??= new Set()).add(data.from);
    if (!joining) return;
    await Promise.all(Array.from(joining, (user) => this.engine.conversations.join(this.context.key, user)));
  }

  /** Who of the authors of ephemeral messages is no member: the append does not see those messages. */
  private strangers(batch: readonly Post[]): Promise<ReadonlySet<string>> {
    const authors = new Set(batch.filter(({ data }) => data.ephemeral).map(({ data }) => data.from));
    return this.engine.conversations.strangers(this.context.key, [...authors]);
  }
}
