import { eventually } from '../eventually.js';
import type { Frame, WireClient } from '../wire-client.js';
import type { Answer, LogName, Moment } from './history.js';
import { conversationLog, inboxOf, type Chronicle, type OpenAck, type OpenSent, type OpenView } from './chronicle.js';

export interface RegisterFields {
  readonly device?: string | undefined;
  readonly lastMessageId?: number | undefined;
  readonly epoch?: string | undefined;
  readonly ack?: 'auto' | 'manual' | undefined;
}

export interface Outgoing {
  readonly to?: string;
  readonly conversation?: string;
  readonly content: string;
  readonly id?: string | undefined;
  readonly ephemeral?: boolean | undefined;
}

/** Takes a reply; undefined: none will come. */
type Settle = (reply: Frame | undefined) => void;

/** Asked for, and not yet told. */
interface Opening {
  readonly askedAt: Moment;
  readonly cursor: number | undefined;
  readonly cursorEpoch: string | undefined;
}

/** A WireClient whose every send and every frame goes into the history. Its promises never reject: a reply that the close forestalls is undefined. */
export class RecordedClient {
  userId = '';
  private fields: RegisterFields = {};
  private refs = 0;
  private ended = false;
  private readonly pending = new Map<number, Settle>();
  private readonly views = new Map<LogName, OpenView>();

  constructor(
    readonly name: string,
    readonly wire: WireClient,
    private readonly recorder: Chronicle,
  ) {
    // The wire client keeps each frame first, then this takes it.
    wire.socket.on('message', () => this.receive(wire.frames.at(-1)!));
    wire.socket.on('close', (code) => this.end(code === 1006 ? 'cut' : 'closed'));
  }

  /** What it sees of its inbox; undefined before `registered`. */
  get inbox(): OpenView | undefined {
    return this.views.get(inboxOf(this.userId));
  }

  /** What it sees, or saw to its end, of every log that it has opened. */
  get logs(): readonly OpenView[] {
    return [...this.views.values()];
  }

  /** The newest id that it has seen of its inbox; before the first, the cursor that it gave, if the server took it. */
  get position(): number {
    const { inbox } = this;
    const began = inbox?.opened.resumed ? (inbox.cursor ?? 0) : 0;
    return inbox?.messages.findLast(({ messageId }) => messageId > 0)?.messageId ?? began;
  }

  get open(): boolean {
    return !this.ended;
  }

  /** Registers; the `registered` or `error` frame. */
  register(userId: string, fields: RegisterFields = {}): Promise<Frame | undefined> {
    this.userId = userId;
    this.fields = fields;
    const opening = this.opening(fields);
    return this.ask({ type: 'register', userId, ...fields }, (frame) => {
      if (frame['type'] === 'registered') this.opened(inboxOf(userId), opening, frame);
    });
  }

  /** Subscribes to a conversation; the `subscribed` or `error` frame. */
  subscribe(
    conversation: string,
    cursor: Pick<RegisterFields, 'lastMessageId' | 'epoch'> = {},
  ): Promise<Frame | undefined> {
    const opening = this.opening(cursor);
    return this.ask({ type: 'subscribe', conversation, ...cursor }, (frame) => {
      if (frame['type'] === 'subscribed') this.opened(conversationLog(conversation), opening, frame);
    });
  }

  /** Ends a subscription; the `unsubscribed` or `error` frame. */
  unsubscribe(conversation: string): Promise<Frame | undefined> {
    return this.ask({ type: 'unsubscribe', conversation }, (frame) => {
      const view = this.views.get(conversationLog(conversation));
      if (frame['type'] !== 'unsubscribed' || !view) return;
      view.end = { at: this.recorder.now(), how: 'closed' };
      this.views.delete(view.log);
    });
  }

  /** Sends a message; what came of it, undefined if the connection ended first. */
  async message(message: Outgoing): Promise<Answer | undefined> {
    const { to, conversation, id, content, ephemeral } = message;
    const log = conversation === undefined ? inboxOf(to!) : conversationLog(conversation);
    const { name: connection, userId: sender } = this;
    const sent: OpenSent = this.recorder.sent({ sender, connection, log, id, content, ephemeral });
    await this.ask({ type: 'message', ...message }, (frame) => (sent.answer = this.recorder.answer(frame)));
    return sent.answer;
  }

  /** Acknowledges all up to `messageId`; the `acked` or `error` frame. */
  acknowledge(
    messageId: number,
    status: 'delivered' | 'read' = 'delivered',
    log = inboxOf(this.userId),
  ): Promise<Frame | undefined> {
    const conversation = log.startsWith('conversation:') ? log.slice('conversation:'.length) : undefined;
    const epoch = this.views.get(log)?.opened.epoch ?? '';
    const device = conversation === undefined ? this.fields.device : undefined;
    const ack: OpenAck = this.recorder.acked({ log, reader: this.userId, device, epoch, messageId });
    return this.ask({ type: 'ack', messageId, status, conversation }, (frame) => {
      if (frame['type'] === 'acked') ack.confirmedAt = this.recorder.now();
    });
  }

  /** Any other command; its reply. */
  command(frame: Frame): Promise<Frame | undefined> {
    return this.ask(frame, () => undefined);
  }

  /** Resolves once it has seen its inbox up to `messageId`. */
  async seen(messageId: number, timeoutMs?: number): Promise<void> {
    const look = (): void => {
      if (this.position >= messageId) return;
      throw new Error(`${this.name} (${this.userId}) has seen ${this.position} of ${messageId}`);
    };
    await eventually(look, { everyMs: 1, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  }

  /** Orderly: what the server had written is still seen. */
  async close(): Promise<void> {
    await this.wire.close();
  }

  /** What is under way is lost. */
  cut(): void {
    this.end('cut');
    this.wire.terminate();
  }

  private ask(frame: Frame, observe: (reply: Frame) => void): Promise<Frame | undefined> {
    const ref = ++this.refs;
    if (this.ended) return Promise.resolve(undefined);
    return new Promise((done) => {
      this.pending.set(ref, (reply) => {
        if (reply) observe(reply);
        done(reply);
      });
      this.wire.send({ ...frame, ref });
    });
  }

  private receive(frame: Frame): void {
    if (this.ended) return;
    if (frame['type'] === 'message') return this.see(frame);
    const ref = Number(frame['ref']);
    const settle = this.pending.get(ref);
    this.pending.delete(ref);
    settle?.(frame);
  }

  private see(frame: Frame): void {
    const { conversation, messageId, from, id, content, timestamp } = frame;
    const log = typeof conversation === 'string' ? conversationLog(conversation) : inboxOf(this.userId);
    const seen = {
      at: this.recorder.now(),
      messageId: Number(messageId ?? 0),
      from: String(from),
      id: typeof id === 'string' ? id : undefined,
      content: String(content),
      timestamp: Number(timestamp),
    };
    const view = this.views.get(log);
    if (view) view.messages.push(seen);
    else this.recorder.stray(log, this.name, seen);
  }

  private opening({ lastMessageId, epoch }: RegisterFields): Opening {
    return { askedAt: this.recorder.now(), cursor: lastMessageId, cursorEpoch: epoch };
  }

  private opened(log: LogName, opening: Opening, frame: Frame): void {
    // Registering again says again what was said; the log goes on.
    if (this.views.has(log)) return;
    const { lastMessageId, resumed, epoch } = frame;
    const { name: connection, userId: reader, fields } = this;
    const opened = {
      at: this.recorder.now(),
      lastMessageId: Number(lastMessageId),
      resumed: resumed === true,
      epoch: String(epoch),
    };
    const { device, ack = 'auto' } = fields;
    this.views.set(log, this.recorder.opened({ log, connection, reader, device, ack, ...opening, opened }));
  }

  private end(how: 'closed' | 'cut'): void {
    if (this.ended) return;
    this.ended = true;
    const at = this.recorder.now();
    for (const view of this.views.values()) view.end = { at, how };
    for (const settle of this.pending.values()) settle(undefined);
    this.pending.clear();
  }
}
