import type { Acked, History, LogName, Seen, Sent, View } from './history.js';
import { Rising, type Telling } from './rising.js';

/** One message as its sender means it: all attempts under one `id`; without an `id`, all attempts of one content. */
export interface Message {
  readonly sender: string;
  readonly id: string | undefined;
  /** In order, at least one. */
  readonly attempts: readonly [Sent, ...Sent[]];
}

/** An entry of the log, as a reader saw it first. */
export interface Entry {
  readonly epoch: string;
  readonly seen: Seen;
}

/** Within the window one (sender, id) is one message, whatever its content (PROTOCOL.md §4.2). */
export const messageKey = (sender: string, id: string | undefined, content: string): string =>
  JSON.stringify(id === undefined ? [sender, null, content] : [sender, id]);

/** All that a history says of one log, arranged for the rules. */
export class LogBook {
  readonly sends: readonly Sent[];
  readonly ephemeral: readonly Sent[];
  readonly views: readonly View[];
  readonly acks: readonly Acked[];
  /** The lives of the log that readers were told of, in order. */
  readonly epochs: readonly string[];
  readonly messages: ReadonlyMap<string, Message>;
  /** Every stored message of every view, repeats included. */
  readonly entries: readonly Entry[];
  private readonly told = new Map<string, Rising>();
  private readonly placed = new Map<string, Set<number>>();

  constructor(
    readonly name: LogName,
    history: History,
  ) {
    const sends = history.sends.filter(({ log }) => log === name).sort((a, b) => a.at - b.at);
    this.sends = sends.filter(({ ephemeral }) => !ephemeral);
    this.ephemeral = sends.filter(({ ephemeral }) => ephemeral);
    this.views = history.views.filter(({ log }) => log === name).sort((a, b) => a.opened.at - b.opened.at);
    this.acks = history.acks.filter(({ log }) => log === name);
    this.epochs = [...new Set(this.views.map(({ opened }) => opened.epoch))];
    this.messages = group(this.sends);
    this.entries = this.views.flatMap((view) =>
      stored(view).map((seen) => ({ epoch: view.opened.epoch, seen }) satisfies Entry),
    );
    this.place();
  }

  /** Ids are of one life of the log, so that what was accepted (which names no epoch) compares with what was seen. */
  get comparable(): boolean {
    return this.epochs.length <= 1;
  }

  /** The ids that a message was accepted or seen under. */
  placesOf(message: Message): ReadonlySet<number> {
    const { sender, id, attempts } = message;
    return this.placed.get(messageKey(sender, id, attempts[0].content)) ?? NOWHERE;
  }

  /** Its id, where there is no doubt about it. */
  placeOf(message: Message): number | undefined {
    const places = this.placesOf(message);
    const certain = places.size === 1 && (message.id !== undefined || message.attempts.length === 1);
    return certain ? [...places][0] : undefined;
  }

  /** Newest id of the epoch that anybody was told of before `before`. */
  newest(epoch: string, before = Infinity): number {
    let told = this.told.get(epoch);
    if (!told) this.told.set(epoch, (told = new Rising(this.tellings(epoch))));
    return told.before(before);
  }

  /** Each time that somebody was told of an id of the epoch. */
  private *tellings(epoch: string): Iterable<Telling> {
    if (this.comparable) for (const { answer } of this.sends) if (answer?.kind === 'accepted') yield answer;
    for (const view of this.views) {
      if (view.opened.epoch !== epoch) continue;
      yield { at: view.opened.at, messageId: view.opened.lastMessageId };
      yield* view.messages;
    }
  }

  private place(): void {
    if (!this.comparable) return;
    for (const { sender, id, content, answer } of this.sends)
      if (answer?.kind === 'accepted') this.put(messageKey(sender, id, content), answer.messageId);
    for (const { seen } of this.entries) this.put(messageKey(seen.from, seen.id, seen.content), seen.messageId);
  }

  private put(key: string, messageId: number): void {
    const places = this.placed.get(key);
    if (places) places.add(messageId);
    else this.placed.set(key, new Set([messageId]));
  }
}

const NOWHERE: ReadonlySet<number> = new Set();

/** What of a view is of the log, in the order it came. */
export const stored = ({ messages }: View): Seen[] => messages.filter(({ messageId }) => messageId !== 0);

/** One for each log that a history mentions. */
export function logBooks(history: History): LogBook[] {
  const names = new Set([...history.sends, ...history.views].map(({ log }) => log));
  return [...names].map((name) => new LogBook(name, history));
}

function group(sends: readonly Sent[]): Map<string, Message> {
  const messages = new Map<string, { sender: string; id: string | undefined; attempts: [Sent, ...Sent[]] }>();
  for (const sent of sends) {
    const key = messageKey(sent.sender, sent.id, sent.content);
    const known = messages.get(key);
    if (known) known.attempts.push(sent);
    else messages.set(key, { sender: sent.sender, id: sent.id, attempts: [sent] });
  }
  return messages;
}
