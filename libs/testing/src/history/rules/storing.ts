import type { Fault, FaultKind } from '../fault.js';
import type { Answer, Sent, Seen } from '../history.js';
import { messageKey, type LogBook, type Message } from '../log-book.js';

type Accepted = Extract<Answer, { readonly kind: 'accepted' }>;

const same = (one: Seen, other: Seen): boolean =>
  one.from === other.from && one.id === other.id && one.content === other.content && one.timestamp === other.timestamp;

/** One id is one message, to whoever sees it and whenever (PROTOCOL.md §4.3). */
export function* oneMessageAnId(book: LogBook): Iterable<Fault> {
  const first = new Map<string, Seen>();
  for (const { epoch, seen } of book.entries) {
    const key = `${seen.messageId} of ${epoch}`;
    const known = first.get(key);
    if (!known) first.set(key, seen);
    else if (!same(known, seen)) yield fault(book, 'conflict', `${key} is ${shown(known)} and ${shown(seen)}`);
  }
}

/** What was seen had been sent before, there and by that sender. */
export function* sentBefore(book: LogBook): Iterable<Fault> {
  const known = new Set<string>();
  for (const { epoch, seen } of book.entries) {
    const key = `${epoch} ${seen.messageId} ${messageKey(seen.from, seen.id, seen.content)}`;
    if (known.has(key)) continue;
    known.add(key);
    const message = book.messages.get(messageKey(seen.from, seen.id, seen.content));
    if (!message?.attempts.some(({ content, at }) => content === seen.content && at < seen.at))
      yield fault(book, 'phantom', `${seen.messageId} is ${shown(seen)}, which nobody had sent`);
  }
}

/** One message is stored once (PROTOCOL.md §4.2); without an `id`, once for each attempt. */
export function* storedOnce(book: LogBook): Iterable<Fault> {
  for (const message of book.messages.values()) {
    const places = book.placesOf(message);
    const allowed = message.id === undefined ? message.attempts.length : 1;
    if (places.size > allowed)
      yield fault(book, 'duplicate', `${named(message)} has the ids ${[...places].join(', ')}`);
    else if (message.id !== undefined && message.attempts.filter(isFirst).length > 1)
      yield fault(book, 'duplicate', `${named(message)} was accepted as new more than once`);
  }
  if (!book.comparable) yield* storedOnceInEach(book);
}

/** The same where ids of several lives of the log do not compare: within what was seen of each. */
function* storedOnceInEach(book: LogBook): Iterable<Fault> {
  const ids = new Map<string, number>();
  for (const { epoch, seen } of book.entries) {
    if (seen.id === undefined) continue;
    const key = `${epoch} ${messageKey(seen.from, seen.id, seen.content)}`;
    const known = ids.get(key) ?? seen.messageId;
    ids.set(key, known);
    if (known !== seen.messageId) yield fault(book, 'duplicate', `${shown(seen)} has ${known}, ${seen.messageId}`);
  }
}

/** What `accepted` told is what readers see (PROTOCOL.md §4.1). */
export function* acceptedAsSeen(book: LogBook): Iterable<Fault> {
  if (!book.comparable) return;
  const entries = new Map(book.entries.map(({ seen }) => [seen.messageId, seen]));
  const givenTo = new Map<number, string>();
  for (const sent of book.sends) {
    const { answer, sender, id, content } = sent;
    if (answer?.kind !== 'accepted') continue;
    const key = messageKey(sender, id, content);
    const other = givenTo.get(answer.messageId) ?? key;
    givenTo.set(answer.messageId, other);
    if (other !== key) yield fault(book, 'conflict', `${answer.messageId} was given to ${other} and to ${key}`);
    const seen = entries.get(answer.messageId);
    if (seen && !tells(sent, answer, seen))
      yield fault(book, 'mismatch', `${key} was accepted as ${answer.messageId}, which is ${shown(seen)}`);
  }
}

/** A duplicate's content may be another: the first one's counts. */
const tells = (sent: Sent, answer: Accepted, seen: Seen): boolean =>
  seen.from === sent.sender &&
  seen.id === sent.id &&
  seen.timestamp === answer.timestamp &&
  (answer.duplicate || seen.content === sent.content);

const isFirst = ({ answer }: Sent): boolean => answer?.kind === 'accepted' && !answer.duplicate;

const fault = ({ name: log }: LogBook, kind: FaultKind, detail: string): Fault => ({ kind, log, detail });
const named = ({ sender, id, attempts }: Message): string => messageKey(sender, id, attempts[0].content);
const shown = ({ from, id, content, timestamp }: Seen): string => JSON.stringify([from, id, content, timestamp]);
