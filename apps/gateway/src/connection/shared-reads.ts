import { REFUSAL, type ReadConversationRequest, type ReadReply } from '#contract';
import type { AskSink, MeshError } from '#mesh';
import type { Conversations } from '../upstream/conversations.js';
import { Outgoing } from './outgoing.js';

type Page = Omit<ReadConversationRequest, 'readers'>;

/** The page that one reader of a conversation wants. */
export interface PageRequest extends Page {
  readonly userId: string;
}

interface Reader {
  readonly userId: string;
  readonly sink: AskSink<ReadReply>;
}

export type ConversationReads = Pick<Conversations, 'read'>;

/** Readers of one request: the router looks each of them up among the members. */
const READERS_MAX = 500;

/**
 * Whoever wants the same page of a conversation in the same turn of the event loop gets it from one read, and what is read is encoded once: after a gap
 * of the carrier all subscribers of a gateway look into the log at once, most of them from the same place.
 *
 * Nobody joins a read that is under way. Interleaving: a read is asked and answered → a message is stored and its notice lost → somebody doubts, and
 * would be told that there is nothing new.
 */
export class SharedReads {
  private waiting = new Map<string, SharedRead>();

  constructor(private readonly conversations: ConversationReads) {}

  read({ userId, ...page }: PageRequest, sink: AskSink<ReadReply>): void {
    const { conversation, after, limit } = page;
    const name = `${after} ${limit} ${conversation}`;
    let read = this.waiting.get(name);
    if (!read) {
      if (this.waiting.size === 0) setImmediate(this.askAll);
      this.waiting.set(name, (read = new SharedRead(this.conversations, page, [])));
    }
    read.readers.push({ userId, sink });
    if (read.readers.length < READERS_MAX) return;
    this.waiting.delete(name);
    read.ask();
  }

  private readonly askAll = (): void => {
    const { waiting } = this;
    this.waiting = new Map();
    for (const read of waiting.values()) read.ask();
  };
}

class SharedRead implements AskSink<ReadReply> {
  constructor(
    private readonly conversations: ConversationReads,
    private readonly page: Page,
    readonly readers: Reader[],
  ) {}

  ask(): void {
    const readers = this.readers.map(({ userId }) => userId);
    this.conversations.read({ ...this.page, readers }, this);
  }

  /** What only one reads is not kept encoded for as long as it holds the page. */
  onReply(reply: ReadReply): void {
    const shared =
      this.readers.length > 1 ? { ...reply, entries: reply.entries.map((one) => Outgoing.of(one)) } : reply;
    this.each((sink) => sink.onReply(shared));
  }

  onError(error: MeshError): void {
    if (error.remoteCode === REFUSAL.forbidden && this.readers.length > 1) this.halve();
    else this.each((sink) => sink.onError(error));
  }

  /** Some of them are no members any more: in a few steps they are by themselves. */
  private halve(): void {
    const { conversations, page, readers } = this;
    const middle = readers.length >> 1;
    for (const half of [readers.slice(0, middle), readers.slice(middle)])
      new SharedRead(conversations, page, half).ask();
  }

  /** The first fault is told once all others have had theirs. */
  private each(tell: (sink: AskSink<ReadReply>) => void): void {
    const faults: unknown[] = [];
    for (const { sink } of this.readers) {
      try {
        tell(sink);
      } catch (fault) {
        faults.push(fault);
      }
    }
    if (faults.length > 0) throw faults[0];
  }
}
