import fc from 'fast-check';
import type { Acked, Answer, LogName, Moment, Seen, Sent, View } from './history.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };
type Step =
  | {
      readonly do: 'send';
      readonly sender: string;
      readonly id?: string;
      readonly fate: 'stored' | 'refused' | 'unknown';
    }
  | { readonly do: 'open'; readonly device?: string; readonly cursor?: number; readonly ack: 'auto' | 'manual' }
  | { readonly do: 'deliver' | 'ack'; readonly view: number; readonly count: number; readonly confirmed: boolean }
  | { readonly do: 'end'; readonly view: number; readonly how: 'closed' | 'cut'; readonly unseen: number }
  | { readonly do: 'answer' };

export type OpenHistory = { sends: Mutable<Sent>[]; views: Mutable<View>[]; acks: Mutable<Acked>[]; strays: never[] };

const LOG: LogName = 'inbox:bob';
const EPOCH = 'first';

/** A server that keeps every promise, as simple as can be: one log, one instant for each step. */
class RightServer {
  readonly history: OpenHistory = { sends: [], views: [], acks: [], strays: [] };
  private readonly log: Omit<Seen, 'at'>[] = [];
  private readonly ids = new Map<string, number>();
  private readonly saved = new Map<string, number>();
  private readonly given = new Map<Mutable<View>, number>();
  private readonly unanswered: {
    readonly sent: Mutable<Sent>;
    readonly answer: Omit<Extract<Answer, { kind: 'accepted' }>, 'at'>;
  }[] = [];
  private moment: Moment = 0;

  take(step: Step): void {
    if (step.do === 'send') this.send(step);
    else if (step.do === 'open') this.open(step);
    else if (step.do === 'answer') this.answer();
    else this.withView(step);
  }

  finish(): OpenHistory {
    while (this.unanswered.length > 0) this.answer();
    for (const view of this.live()) {
      this.deliver(view, Infinity);
      view.complete = true;
    }
    return this.history;
  }

  private send({ sender, id, fate }: Extract<Step, { do: 'send' }>): void {
    const content = `${this.history.sends.length}`;
    const sent: Mutable<Sent> = { sender, connection: `of ${sender}`, log: LOG, id, content, at: ++this.moment };
    this.history.sends.push(sent);
    if (fate === 'refused') {
      sent.answer = { kind: 'failed', at: ++this.moment, code: 'WS_UNAVAILABLE' };
      return;
    }
    const key = id === undefined ? content : `${sender} ${id}`;
    const known = this.ids.get(key);
    const messageId =
      known ?? this.log.push({ messageId: this.log.length + 1, from: sender, id, content, timestamp: sent.at });
    this.ids.set(key, messageId);
    const { timestamp } = this.log[messageId - 1]!;
    if (fate === 'stored')
      this.unanswered.push({
        sent,
        answer: { kind: 'accepted', messageId, timestamp, duplicate: known !== undefined },
      });
  }

  private answer(): void {
    const next = this.unanswered.shift();
    if (next) next.sent.answer = { ...next.answer, at: ++this.moment };
  }

  private open({ device, cursor, ack }: Extract<Step, { do: 'open' }>): void {
    const askedAt = ++this.moment;
    const lastMessageId = this.log.length;
    const resumed = (cursor ?? 0) <= lastMessageId;
    const opened = { at: ++this.moment, lastMessageId, resumed, epoch: EPOCH };
    const connection = `connection-${this.history.views.length + 1}`;
    const view = {
      log: LOG,
      connection,
      reader: 'bob',
      device,
      ack,
      cursor,
      askedAt,
      opened,
      messages: [],
      complete: false,
    };
    this.history.views.push(view);
    const saved = (device === undefined ? undefined : this.saved.get(device)) ?? this.saved.get('') ?? 0;
    this.given.set(view, resumed ? (cursor ?? saved) : 0);
  }

  private withView(step: Extract<Step, { view: number }>): void {
    const live = this.live();
    const view = live[step.view % Math.max(1, live.length)];
    if (!view) return;
    if (step.do === 'deliver') this.deliver(view, step.count);
    else if (step.do === 'end') this.end(view, step.how, step.unseen);
    else this.acknowledge(view, step);
  }

  private deliver(view: Mutable<View>, count: number): void {
    const from = this.given.get(view)!;
    const some = this.log.slice(from, from + count);
    for (const entry of some) view.messages.push({ ...entry, at: ++this.moment });
    this.given.set(view, from + some.length);
  }

  /** At times farther than the log goes: what is beyond its end is not saved. */
  private acknowledge(view: Mutable<View>, { count, confirmed }: Extract<Step, { do: 'deliver' | 'ack' }>): void {
    const { log, reader, device, messages, opened } = view;
    const messageId = (messages.at(-1)?.messageId ?? 0) + (count > 6 ? count : 0);
    const ack: Mutable<Acked> = { log, reader, device, epoch: opened.epoch, messageId, at: ++this.moment };
    if (confirmed) ack.confirmedAt = ++this.moment;
    this.history.acks.push(ack);
    this.save(device, Math.min(messageId, this.log.length));
  }

  private end(view: Mutable<View>, how: 'closed' | 'cut', unseen: number): void {
    view.end = { at: ++this.moment, how };
    const written = this.given.get(view)! + (how === 'cut' ? unseen : 0);
    if (view.ack === 'auto' && view.messages.length > 0) this.save(view.device, Math.min(written, this.log.length));
  }

  private save(device: string | undefined, messageId: number): void {
    if (messageId === 0) return;
    for (const reader of ['', device])
      if (reader !== undefined) this.saved.set(reader, Math.max(messageId, this.saved.get(reader) ?? 0));
  }

  private live(): Mutable<View>[] {
    return this.history.views.filter(({ end }) => end === undefined);
  }
}

const some = fc.nat({ max: 9 });
const device = fc.constantFrom('phone', 'laptop', undefined);
const send = fc.record<Extract<Step, { do: 'send' }>>({
  do: fc.constant('send'),
  sender: fc.constantFrom('alice', 'carol'),
  id: fc.option(fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8'), { nil: undefined, freq: 2 }),
  fate: fc.constantFrom('stored', 'stored', 'stored', 'refused', 'unknown'),
}) as fc.Arbitrary<Step>;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: send },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'answer' }) },
  fc.record({
    do: fc.constant('open' as const),
    device,
    cursor: fc.option(some, { nil: undefined }),
    ack: fc.constantFrom('auto' as const, 'manual' as const),
  }) as fc.Arbitrary<Step>,
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('deliver' as const, 'deliver' as const, 'ack' as const),
      view: some,
      count: some,
      confirmed: fc.boolean(),
    }),
  },
  fc.record({
    do: fc.constant('end' as const),
    view: some,
    how: fc.constantFrom('closed' as const, 'cut' as const),
    unseen: some,
  }),
);

/** What clients may have recorded of a server without fault. At its end one fresh reader of everything has had every chance. */
export const rightHistory: fc.Arbitrary<OpenHistory> = fc.array(step, { minLength: 5, maxLength: 60 }).map((steps) => {
  const server = new RightServer();
  for (const one of steps) server.take(one);
  server.take({ do: 'open', cursor: 0, ack: 'manual' });
  return server.finish();
});
