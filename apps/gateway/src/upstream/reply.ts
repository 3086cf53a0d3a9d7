import { REFUSAL } from '#contract';
import type { AskSink, MeshError } from '#mesh';
import { ProtocolError, TEXTS, type Ref, type ServerEvent } from '#protocol';
import type { Session } from '../dispatch/session.js';

/** Where a service is away, or did not answer in time, ms. */
const RETRY_MS = 1_000;

/** What a service's refusal means to a client; `text` is for what has no text of its own. */
export function protocolError(cause: unknown, text?: string): ProtocolError {
  const { remoteCode, retryAfterMs = RETRY_MS } = cause as Partial<MeshError>;
  if (remoteCode === REFUSAL.forbidden) return new ProtocolError('WS_FORBIDDEN', TEXTS.notMember, undefined, { cause });
  if (remoteCode === REFUSAL.unknownRecipient) {
    return new ProtocolError('WS_USER_NOT_FOUND', undefined, undefined, { cause });
  }
  return new ProtocolError('WS_UNAVAILABLE', text, retryAfterMs, { cause });
}

/**
 * Answers one command with what a service says to it. Counts as under way until then, so that a client that asks faster than it is answered
 * is held back.
 */
export class Reply<R> implements AskSink<R> {
  private readonly bytes: number;

  constructor(
    private readonly session: Session,
    private readonly ref: Ref | undefined,
    private readonly answer: (reply: R) => ServerEvent,
  ) {
    this.bytes = session.sendStarted();
  }

  onReply(reply: R): void {
    this.session.sendEnded(this.bytes);
    this.session.reply(this.answer(reply));
  }

  onError(cause: MeshError): void {
    this.session.sendEnded(this.bytes);
    this.session.refuse(protocolError(cause), this.ref);
  }
}
