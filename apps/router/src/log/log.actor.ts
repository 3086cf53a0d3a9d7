import { Actor, type Supervision } from '#actor';
import { FORBIDDEN, refuse, UNAVAILABLE, UNKNOWN_RECIPIENT, type AckNotice, type WireEntry } from '#contract';
import { EngineUnavailableError, type Acknowledged, type Appended, type Engine, type LogId } from '#engine';
import { backoffMs } from '#service';
import type { RouterStats } from '../router-stats.js';
import type { Backlog } from './backlog.js';
import { batchEnd, bytesOf, type Sent } from './batch.js';
import { Cursors, readerOf, type AckRequest, type WaitingAck } from './cursors.js';
import { NOTHING_COVERED, settle, type Outcome } from './settle.js';

/** A reader has got (or read) something; with a request: who waits for it to be saved. */
export class Ack {
  constructor(
    readonly notice: AckNotice,
    readonly request?: AckRequest,
  ) {}
}

/** Cursors wait to be saved: time to try again. */
const SAVE_CURSORS = Symbol('save cursors');

export type LogMail<S extends Sent> = S | Ack | typeof SAVE_CURSORS;

/** What an engine call says of a batch, and where live messages go. */
export interface Stored extends Outcome {
  readonly gateways: readonly string[];
}

/** Cursors saved at once: they are independent of each other, and the engine takes many in one round trip. */
const CURSORS_AT_ONCE = 256;

/** Messages that may wait for one log; one more is refused as overloaded. */
export const MAILBOX_CAPACITY = 10_000;

/** A failure that is not the engine's being away is a fault of ours: whoever waited has been answered, the log keeps the order, go on. */
export const SUPERVISION: Supervision = {
  decide: () => 'resume',
  maxRestarts: 0,
  withinMs: 0,
  backoffMs: 0,
  maxBackoffMs: 0,
};

const REFUSALS = { not_member: FORBIDDEN, unknown_recipient: UNKNOWN_RECIPIENT } as const;

/**
 * One log while something happens in it. Each turn takes all that waits, appends it in one engine call, answers each sender, and sends one
 * packet to each gateway that is to hear of it; what arrives meanwhile makes up the next turn, so one append is in flight at most. Messages
 * of one sender, ephemeral ones included, keep their order. The state held here (what has been delivered) saves work and decides nothing:
 * another router that owns the same log for a while does no harm, for the log gives the order.
 */
export abstract class LogActor<S extends Sent> extends Actor<LogMail<S>> {
  private readonly cursors = new Cursors();
  private covered = NOTHING_COVERED;
  private failedSaves = 0;

  constructor(
    protected readonly engine: Engine,
    protected readonly backlog: Backlog,
    protected readonly stats: RouterStats,
  ) {
    super();
  }

  override async receive(first: LogMail<S>): Promise<void> {
    const sends: S[] = [];
    this.sort(first, sends);
    for (const mail of this.context.takeAll()) this.sort(mail, sends);
    await this.sendAll(sends);
    await this.saveCursors();
  }

  protected abstract get log(): LogId;

  /** One engine call: stores what is to be stored and finds out which gateways are to hear of it. */
  protected abstract store(batch: readonly S[]): Promise<Stored>;

  /** Live entries of one batch. */
  protected abstract deliver(epoch: string, entries: readonly WireEntry[], gateways: readonly string[]): void;

  /** A send has been stored (or passed on). */
  protected answer(send: S, stored: Appended, _epoch: string): void {
    send.reply(stored);
  }

  /** A reader's cursor has been saved. */
  protected acknowledged?(epoch: string, moved: Acknowledged): void;

  private sort(mail: LogMail<S>, sends: S[]): void {
    if (mail instanceof Ack) this.cursors.note(mail.notice, mail.request && [mail.request]);
    else if (mail !== SAVE_CURSORS) sends.push(mail);
  }

  // ------------------------------------------------------------- sends

  private async sendAll(sends: readonly S[]): Promise<void> {
    for (let from = 0; from < sends.length;) {
      const batch = sends.slice(from, batchEnd(sends, from));
      let stored: Stored;
      try {
        stored = await this.store(batch);
      } catch (error) {
        // What is behind in this turn is refused too: it must not overtake what its sender will repeat.
        return this.refuseAll(sends.slice(from), error);
      }
      this.finish(batch, stored);
      from += batch.length;
    }
  }

  private finish(batch: readonly S[], stored: Stored): void {
    const { epoch, gateways } = stored;
    const settled = settle(batch, stored, this.covered, this.context.clock.now());
    this.covered = settled.covered;
    this.stats.settled(batch.length, settled);
    batch.forEach((send, i) => this.answerOne(send, settled.replies[i] as Appended, epoch));
    this.backlog.release(bytesOf(batch));
    if (settled.live.length > 0 && gateways.length > 0) this.deliver(epoch, settled.live, gateways);
  }

  private answerOne(send: S, reply: Appended, epoch: string): void {
    if (reply.refused) refuse(send, REFUSALS[reply.refused]);
    else this.answer(send, reply, epoch);
  }

  private refuseAll(sends: readonly S[], error: unknown): void {
    const away = error instanceof EngineUnavailableError;
    for (const send of sends) fail(send, away);
    this.backlog.release(bytesOf(sends));
    if (!away) throw error;
    this.stats.unavailable += sends.length;
  }

  // ------------------------------------------------------------- cursors

  private async saveCursors(): Promise<void> {
    for (let acks = this.cursors.take(CURSORS_AT_ONCE); acks.length > 0; acks = this.cursors.take(CURSORS_AT_ONCE)) {
      const results = await Promise.allSettled(acks.map((ack) => this.save(ack)));
      const failed = results.filter((result) => result.status === 'rejected');
      if (failed.length === 0) this.failedSaves = 0;
      else return this.saveLater(failed.map(({ reason }) => reason as unknown));
    }
  }

  private async save(ack: WaitingAck): Promise<void> {
    const { messageId, epoch, status } = ack.notice;
    const device = readerOf(ack.notice);
    try {
      const moved = await this.engine.log.acknowledge(this.log, { device, messageId, epoch, status });
      this.stats.acks += 1;
      for (const request of ack.requests) request.reply({});
      this.acknowledged?.(epoch, moved);
    } catch (error) {
      const away = error instanceof EngineUnavailableError;
      for (const request of ack.requests) fail(request, away);
      if (away) this.cursors.note(ack.notice);
      throw error;
    }
  }

  /** A cursor is saved "within a second" (PROTOCOL.md §4.5): while the engine is away it waits here, and higher ones take its place. */
  private saveLater(errors: readonly unknown[]): void {
    this.context.startTimer('cursors', backoffMs(this.failedSaves++), SAVE_CURSORS);
    const fault = errors.find((error) => !(error instanceof EngineUnavailableError));
    if (fault !== undefined) throw fault;
  }
}

function fail(request: Pick<Sent, 'fail'>, away: boolean): void {
  if (away) refuse(request, UNAVAILABLE);
  else request.fail('internal', 'Internal error');
}
