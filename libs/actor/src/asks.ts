import type { ActorRef, ReplyTo, TellResult } from './actor.js';
import { Chain, Link } from './chain.js';
import type { Clock } from './clock.js';
import type { DeadLetters } from './dead-letters.js';
import { AskTimeoutError, DeadLetterError, MailboxFullError } from './errors.js';

/** What setTimeout can wait, ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** One ask in flight: its reply address, and its place in the queue of those with the same timeout. */
class Ask<R> extends Link implements ReplyTo<R> {
  private open = true;

  constructor(
    readonly asked: { readonly path: string },
    readonly deadline: number,
    private readonly deadLetters: DeadLetters,
    private readonly resolve: (reply: R) => void,
    private readonly reject: (error: Error) => void,
  ) {
    super();
  }

  tell(reply: R): TellResult {
    if (!this.close()) return this.late(reply);
    this.resolve(reply);
    return 'ok';
  }

  fail(error: Error): TellResult {
    if (!this.close()) return this.late(error);
    this.reject(error);
    return 'ok';
  }

  /** As `fail`, but silent when it has been answered already. */
  giveUp(error: Error): void {
    if (this.close()) this.reject(error);
  }

  private close(): boolean {
    const was = this.open;
    this.open = false;
    this.unlink();
    return was;
  }

  private late(reply: unknown): TellResult {
    this.deadLetters.add(this.asked.path, reply, 'late');
    return 'dead';
  }
}

/**
 * All asks in flight. Those with the same timeout fall due in the order they were made, so each distinct timeout needs one queue and
 * one timer, however many asks wait: an ask costs a link, not a timer. A queue that is found empty goes, with its timer.
 */
export class Asks {
  private readonly queues = new Map<number, Chain<Ask<never>>>();
  private readonly timers = new Map<number, unknown>();

  constructor(
    private readonly clock: Clock,
    private readonly deadLetters: DeadLetters,
  ) {}

  /** Sends what `make` builds around a reply address to `asked`; the contract is that of `ActorRef.ask`. */
  ask<M, R>(asked: ActorRef<M>, make: (replyTo: ReplyTo<R>) => M, timeoutMs: number): Promise<R> {
    if (!(timeoutMs > 0 && timeoutMs <= LONGEST_MS))
      return Promise.reject(new RangeError(`timeoutMs must be above 0 and at most ${LONGEST_MS}, not ${timeoutMs}`));
    return new Promise<R>((resolve, reject) => {
      const ask = new Ask<R>(asked, this.clock.now() + timeoutMs, this.deadLetters, resolve, reject);
      const result = asked.tell(make(ask));
      if (result === 'ok') this.wait(ask, timeoutMs);
      else ask.giveUp(result === 'full' ? new MailboxFullError(asked.path) : new DeadLetterError(asked.path));
    });
  }

  /** Fails everything in flight. */
  stop(): void {
    for (const handle of this.timers.values()) this.clock.clearTimeout(handle);
    this.timers.clear();
    for (const queue of this.queues.values())
      for (const ask of queue.all()) ask.giveUp(new DeadLetterError(ask.asked.path));
    this.queues.clear();
  }

  private wait(ask: Ask<never>, timeoutMs: number): void {
    let queue = this.queues.get(timeoutMs);
    if (queue === undefined) {
      queue = new Chain();
      this.queues.set(timeoutMs, queue);
      this.arm(queue, timeoutMs, timeoutMs);
    }
    queue.add(ask);
  }

  private arm(queue: Chain<Ask<never>>, timeoutMs: number, ms: number): void {
    this.timers.set(
      timeoutMs,
      this.clock.setTimeout(() => this.expire(queue, timeoutMs), ms),
    );
  }

  private expire(queue: Chain<Ask<never>>, timeoutMs: number): void {
    const now = this.clock.now();
    let first = queue.first;
    while (first !== undefined && first.deadline <= now) {
      first.giveUp(new AskTimeoutError(first.asked.path, timeoutMs));
      first = queue.first;
    }
    if (first !== undefined) return this.arm(queue, timeoutMs, first.deadline - now);
    this.queues.delete(timeoutMs);
    this.timers.delete(timeoutMs);
  }
}
