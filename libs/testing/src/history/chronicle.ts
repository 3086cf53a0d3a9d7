import type { Frame } from '../wire-client.js';
import type { Acked, Answer, History, LogName, Moment, Seen, Sent, Stray, View } from './history.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** As the history's own, and still being written. */
export type OpenSent = Mutable<Sent>;
export type OpenAck = Mutable<Acked>;
export type OpenView = Omit<Mutable<View>, 'messages'> & { readonly messages: Seen[] };

export const inboxOf = (userId: string): LogName => `inbox:${userId}`;
export const conversationLog = (conversation: string): LogName => `conversation:${conversation}`;

/** A history in the writing: everything in the one order in which this process observes it. */
export class Chronicle {
  private readonly sends: OpenSent[] = [];
  private readonly views: OpenView[] = [];
  private readonly acks: OpenAck[] = [];
  private readonly strays: Stray[] = [];
  private moment = 0;
  private complete = false;

  /** To be called once nothing more is to come: connections that are still open must by then have seen everything. */
  settled(): void {
    this.complete = true;
  }

  /** A test knows (from the engine) that this cursor is saved. */
  saved(ack: Omit<Acked, 'at' | 'confirmedAt'>): void {
    const at = this.now();
    this.acks.push({ ...ack, at, confirmedAt: at });
  }

  /** The highest id of each log that anybody was told with `accepted`. */
  newest(): Map<LogName, number> {
    const newest = new Map<LogName, number>();
    for (const { log, answer } of this.sends)
      if (answer?.kind === 'accepted' && answer.messageId > (newest.get(log) ?? 0)) newest.set(log, answer.messageId);
    return newest;
  }

  history(): History {
    const complete = ({ end }: OpenView): boolean => this.complete && end === undefined;
    const { sends, acks, strays } = this;
    return { sends, acks, strays, views: this.views.map((view) => ({ ...view, complete: complete(view) })) };
  }

  // ------------------------------------------------------------- for recorded clients

  now(): Moment {
    return ++this.moment;
  }

  sent(sent: Omit<Sent, 'at'>): OpenSent {
    const entry = { ...sent, at: this.now() };
    this.sends.push(entry);
    return entry;
  }

  acked(ack: Omit<Acked, 'at'>): OpenAck {
    const entry = { ...ack, at: this.now() };
    this.acks.push(entry);
    return entry;
  }

  opened(view: Omit<View, 'messages' | 'complete'>): OpenView {
    const entry = { ...view, messages: [], complete: false };
    this.views.push(entry);
    return entry;
  }

  stray(log: LogName, connection: string, seen: Seen): void {
    this.strays.push({ log, connection, seen });
  }

  /** What `accepted` and `error` frames say of a send. */
  answer(frame: Frame): Answer {
    const at = this.now();
    if (frame['type'] !== 'accepted') return { kind: 'failed', at, code: String(frame['code']) };
    const { messageId = 0, timestamp, duplicate = false } = frame;
    return {
      kind: 'accepted',
      at,
      messageId: Number(messageId),
      timestamp: Number(timestamp),
      duplicate: duplicate === true,
    };
  }
}
