import type { AcceptedEvent, ErrorEvent, MessageCommand } from '#protocol';
import { backoff } from './backoff.js';
import { SendError, isTemporary } from './errors.js';
import type { Settings } from './options.js';
import { Outbox } from './outbox.js';
import type { Outgoing } from './outbox.js';
import { SendPace } from './send-pace.js';

export interface SendOptions {
  /** The message's id, for repeating it safely (PROTOCOL.md §4.2); default: a new one. */
  readonly id?: string;
  /** Default `text`. */
  readonly kind?: string;
  /** For `accepted`, reconnecting included, ms; default 30,000. */
  readonly timeoutMs?: number;
}

/** A user's inbox, or a conversation. */
export type Target = { readonly to: string } | { readonly conversation: string };

/** The way to the server, as far as the sender needs it. */
export interface Exit {
  /** Registered: commands go out. */
  isLive(): boolean;
  transmit(command: MessageCommand): void;
}

const SEND_TIMEOUT_MS = 30_000;

/** Gets each message accepted once: repeats it with the same id after a reconnect and after an error that may pass. */
export class Sender {
  private readonly outbox: Outbox;
  /** Errors in a row that may pass. */
  private failures = 0;
  private holding?: unknown;
  /** When what is held goes on. */
  private heldUntil = 0;
  private readonly pace = new SendPace();

  constructor(
    private readonly exit: Exit,
    private readonly settings: Settings,
    private readonly newRef: () => number,
  ) {
    this.outbox = new Outbox(settings.maxPending);
  }

  /** Not accepted yet. */
  get pending(): number {
    return this.outbox.size;
  }

  send(
    target: Target,
    content: string,
    id: string,
    { kind, timeoutMs = SEND_TIMEOUT_MS }: SendOptions,
  ): Promise<AcceptedEvent> {
    return new Promise((resolve, reject) => {
      const ref = this.newRef();
      const { clock } = this.settings;
      const message: Outgoing = {
        ref,
        command: { type: 'message', ref, ...target, content, kind, id },
        settled: () => clock.clearTimeout(timer),
        accepted: resolve,
        failed: reject,
      };
      this.outbox.add(message);
      const timer = clock.setTimeout(() => this.fail(message, 'timeout', 'not accepted in time'), timeoutMs);
      this.flush();
    });
  }

  answer(event: AcceptedEvent | ErrorEvent): void {
    const message = this.outbox.find(event);
    // Given up meanwhile, or an answer to a repetition of what was accepted already; or to a command that is no message.
    if (!message) return;
    if (event.type === 'error') return this.refused(message, event);
    this.failures = 0;
    this.drop(message);
    message.accepted(event);
    this.flush();
  }

  /** Registered anew: what was not acknowledged goes out again, in order. */
  resend(): void {
    this.release();
    this.outbox.connectionLost();
    this.flush();
  }

  /** The connection ended for good. */
  stop(reason: string): void {
    this.release();
    for (const message of this.outbox.clear()) {
      message.settled();
      message.failed(new SendError('closed', reason, message.command.id));
    }
  }

  /** While one message waits to be repeated, later ones wait behind it: order is kept (PROTOCOL.md §4.7), as far as it still can be. */
  private refused(message: Outgoing, event: ErrorEvent): void {
    if (!isTemporary(event.code)) return this.fail(message, event.code, event.error);
    this.outbox.putBack(message);
    if (event.code === 'WS_RATE_LIMITED') this.pace.tooFast();
    const { timing, random } = this.settings;
    const ms = this.holding === undefined ? backoff(timing.backoff, this.failures++, random) : 0;
    this.hold(Math.max(event.retryAfterMs ?? 0, ms));
  }

  /** Nothing goes out for so long; if it is held for longer already, for that long. */
  private hold(ms: number): void {
    const { clock } = this.settings;
    const until = clock.now() + ms;
    if (this.holding !== undefined && until <= this.heldUntil) return;
    this.release();
    this.heldUntil = until;
    this.holding = clock.setTimeout(() => {
      this.release();
      this.flush();
    }, ms);
  }

  private release(): void {
    this.settings.clock.clearTimeout(this.holding);
    this.holding = undefined;
  }

  private flush(): void {
    if (this.holding !== undefined || !this.exit.isLive()) return;
    const some = this.outbox.takeWaiting(this.pace.room(this.outbox.inFlightCount));
    for (const { command } of some) this.exit.transmit(command);
    const waitMs = this.pace.sent(some.length, this.outbox.waitingCount);
    if (waitMs > 0) this.hold(waitMs);
  }

  private fail(message: Outgoing, code: SendError['code'], text: string): void {
    this.drop(message);
    message.failed(new SendError(code, text, message.command.id));
  }

  private drop(message: Outgoing): void {
    message.settled();
    this.outbox.remove(message);
  }
}
