import type { Command, ErrorEvent, ServerEvent } from '#protocol';
import { backoff } from './backoff.js';
import { CommandError, isTemporary } from './errors.js';
import type { Settings } from './options.js';

/** Commands that are answered once and may be asked twice without harm. */
export type Question = Extract<
  Command,
  { type: 'ack' | 'sync' | 'status' | 'presence' | 'watch' | 'unwatch' | 'subscribe' | 'unsubscribe' | 'conversations' }
>;
type Unasked<Q> = Q extends Question ? Omit<Q, 'ref'> : never;
export type Asking = Unasked<Question>;

/** The way to the server. */
export interface QuestionExit {
  isLive(): boolean;
  transmit(command: Command): void;
}

/** Called within the turn in which the answer came, so that what follows it on the wire finds its consequences. */
export interface AnswerSink {
  answered(event: ServerEvent): void;
  failed(error: CommandError): void;
}

interface Pending {
  readonly command: Question;
  readonly sink: AnswerSink;
  readonly timer: unknown;
}

const TIMEOUT_MS = 30_000;

/** Questions that wait for their answers: over reconnects, and after errors that may pass, asked again. */
export class Requests {
  private readonly pending = new Map<number, Pending>();
  /** Answered with an error that may pass. */
  private readonly held = new Set<number>();
  private failures = 0;
  private holding?: unknown;

  constructor(
    private readonly exit: QuestionExit,
    private readonly settings: Settings,
    private readonly newRef: () => number,
  ) {}

  ask<E extends ServerEvent>(asking: Asking): Promise<E> {
    return new Promise((resolve, reject) =>
      this.request(asking, { answered: (event) => resolve(event as E), failed: reject }),
    );
  }

  request(asking: Asking, sink: AnswerSink): void {
    const ref = this.newRef();
    const command = { ...asking, ref } as Question;
    const timer = this.settings.clock.setTimeout(() => this.fail(ref, 'timeout', 'no answer in time'), TIMEOUT_MS);
    this.pending.set(ref, { command, sink, timer });
    if (this.exit.isLive()) this.exit.transmit(command);
  }

  /** False: it answers none of these. */
  answer(event: ServerEvent): boolean {
    const ref = 'ref' in event ? event.ref : undefined;
    const pending = typeof ref === 'number' ? this.pending.get(ref) : undefined;
    if (!pending || typeof ref !== 'number') return false;
    if (event.type === 'error') this.refused(ref, event);
    else {
      this.failures = 0;
      this.take(ref)?.sink.answered(event);
    }
    return true;
  }

  /** Registered anew: what was not answered is asked again. */
  resend(): void {
    this.release();
    for (const { command } of this.pending.values()) this.exit.transmit(command);
  }

  stop(reason: string): void {
    this.release();
    for (const ref of this.pending.keys()) this.fail(ref, 'closed', reason);
  }

  private refused(ref: number, { code, error, retryAfterMs }: ErrorEvent): void {
    if (!isTemporary(code)) return this.fail(ref, code, error);
    this.held.add(ref);
    const { clock, timing, random } = this.settings;
    const ms = Math.max(retryAfterMs ?? 0, backoff(timing.backoff, this.failures++, random));
    this.holding ??= clock.setTimeout(() => this.retry(), ms);
  }

  private retry(): void {
    const again = [...this.held].flatMap((ref) => this.pending.get(ref) ?? []);
    this.release();
    if (this.exit.isLive()) for (const { command } of again) this.exit.transmit(command);
  }

  private release(): void {
    this.settings.clock.clearTimeout(this.holding);
    this.holding = undefined;
    this.held.clear();
  }

  private fail(ref: number, code: CommandError['code'], text: string): void {
    this.take(ref)?.sink.failed(new CommandError(code, text));
  }

  private take(ref: number): Pending | undefined {
    const pending = this.pending.get(ref);
    this.pending.delete(ref);
    this.held.delete(ref);
    if (pending) this.settings.clock.clearTimeout(pending.timer);
    return pending;
  }
}
