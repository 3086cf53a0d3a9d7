import { Inject } from '@nestjs/common';
import { Actor, DEFAULT_SUPERVISION, VirtualActor, type Supervision } from '#actor';
import { refuse, UNAVAILABLE, type AckNotice, type SendReply, type SendRequest } from '#contract';
import { EngineUnavailableError, type AppendResult, type Engine, type LogId } from '#engine';
import type { MeshRequest } from '#mesh';
import { backoffMs, ENGINE } from '#service';
import { Backlog } from '../log/backlog.js';
import { batchEnd, bytesOf, storable } from '../log/batch.js';
import { Delivery } from '../log/delivery.js';
import { NOTHING_COVERED, settle } from '../log/settle.js';
import { RouterStats } from '../router-stats.js';
import { Cursors } from '../log/cursors.js';

export type Send = MeshRequest<SendRequest, SendReply>;

/** A device has got (or read) something. */
export class Ack {
  constructor(readonly notice: AckNotice) {}
}

/** Cursors wait to be saved: time to try again. */
const SAVE_CURSORS = Symbol('save cursors');

export type InboxMail = Send | Ack | typeof SAVE_CURSORS;

type Outcome = Pick<AppendResult, 'epoch' | 'appended' | 'connections'>;

/** Messages that may wait for one inbox; one more is refused as overloaded. */
const MAILBOX_CAPACITY = 10_000;

/** A failure that is not the engine's being away is a fault of ours: whoever waited has been answered, the log keeps the order, go on. */
const SUPERVISION: Supervision = { ...DEFAULT_SUPERVISION, decide: () => 'resume' };

/**
 * One user's inbox while something happens in it. Each turn takes all that waits, appends it in one engine call, answers each sender, and
 * sends one packet to each gateway where the user is connected; what arrives meanwhile makes up the next turn, so one append is in flight
 * at most. Messages of one sender, ephemeral ones included, keep their order. The state held here (what has been delivered) saves work and
 * decides nothing: another router that owns the same inbox for a while does no harm, for the log gives the order.
 */
@VirtualActor({ kind: 'inbox', mailboxCapacity: MAILBOX_CAPACITY, idleMs: 60_000, supervision: SUPERVISION })
export class InboxActor extends Actor<InboxMail> {
  private readonly cursors = new Cursors();
  private covered = NOTHING_COVERED;
  private failedSaves = 0;

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly delivery: Delivery,
    private readonly backlog: Backlog,
    private readonly stats: RouterStats,
  ) {
    super();
  }

  override async receive(first: InboxMail): Promise<void> {
    const sends: Send[] = [];
    this.sort(first, sends);
    for (const mail of this.context.takeAll()) this.sort(mail, sends);
    await this.sendAll(sends);
    await this.saveCursors();
  }

  private get log(): LogId {
    return { kind: 'inbox', id: this.context.key };
  }

  private sort(mail: InboxMail, sends: Send[]): void {
    if (mail instanceof Ack) this.cursors.note(mail.notice);
    else if (mail !== SAVE_CURSORS) sends.push(mail);
  }

  private async sendAll(sends: readonly Send[]): Promise<void> {
    for (let from = 0; from < sends.length;) {
      const batch = sends.slice(from, batchEnd(sends, from));
      let outcome: Outcome;
      try {
        outcome = await this.store(batch);
      } catch (error) {
        // What is behind in this turn is refused too: it must not overtake what its sender will repeat.
        return this.refuseAll(sends.slice(from), error);
      }
      this.finish(batch, outcome);
      from += batch.length;
    }
  }

  /** One engine call: stores what is to be stored and finds out who is connected. */
  private async store(batch: readonly Send[]): Promise<Outcome> {
    const entries = storable(batch);
    if (entries.length > 0) {
      this.stats.batch(entries.length);
      return this.engine.log.append(this.log, entries);
    }
    return { epoch: '', appended: [], connections: await this.engine.presence.locate(this.context.key) };
  }

  private finish(batch: readonly Send[], outcome: Outcome): void {
    const { replies, live, duplicates, covered } = settle(batch, outcome, this.covered, this.context.clock.now());
    this.covered = covered;
    this.stats.duplicates += duplicates;
    this.stats.accepted += outcome.appended.length - duplicates;
    this.stats.ephemeral += batch.length - outcome.appended.length;
    batch.forEach((send, i) => send.reply(replies[i] as SendReply));
    this.backlog.release(bytesOf(batch));
    this.delivery.deliver({ userId: this.context.key, epoch: outcome.epoch, entries: live }, outcome.connections);
  }

  private refuseAll(sends: readonly Send[], error: unknown): void {
    const away = error instanceof EngineUnavailableError;
    for (const send of sends)
      if (away) refuse(send, UNAVAILABLE);
      else send.fail('internal', 'Internal error');
    this.backlog.release(bytesOf(sends));
    if (!away) throw error;
    this.stats.unavailable += sends.length;
  }

  /** A cursor is saved "within a second" (PROTOCOL.md §4.5): while the engine is away it waits here, and higher ones take its place. */
  private async saveCursors(): Promise<void> {
    for (let ack = this.cursors.take(); ack; ack = this.cursors.take()) {
      try {
        await this.engine.log.acknowledge(this.log, ack);
        this.stats.acks += 1;
        this.failedSaves = 0;
      } catch (error) {
        if (!(error instanceof EngineUnavailableError)) throw error;
        this.cursors.note(ack);
        return this.context.startTimer('cursors', backoffMs(this.failedSaves++), SAVE_CURSORS);
      }
    }
  }
}
