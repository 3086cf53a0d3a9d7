import type { Fault } from '../fault.js';
import type { LogBook, Message } from '../log-book.js';

/** Where `message` must come after the message with the id `floor`. */
function inverted(book: LogBook, message: Message, floor: number, why: string): Fault | undefined {
  const place = book.placeOf(message);
  if (place === undefined || place > floor) return undefined;
  const { sender, id, attempts } = message;
  const detail = `${sender}'s ${id ?? attempts[0].content} has ${place}, not above ${floor}: ${why}`;
  return { kind: 'inversion', log: book.name, detail };
}

/** Messages of one sender keep their order (PROTOCOL.md §4.7): those that came over one connection, each accepted at its first attempt. */
export function* senderOrder(book: LogBook): Iterable<Fault> {
  const floors = new Map<string, number>();
  for (const message of byFirstAttempt(book)) {
    const { sender, connection } = message.attempts[0];
    const key = JSON.stringify([sender, connection]);
    const floor = floors.get(key) ?? 0;
    const fault = onOneConnection(message) ? inverted(book, message, floor, 'it was sent later') : undefined;
    if (fault) yield fault;
    if (acceptedAtOnce(message)) floors.set(key, Math.max(floor, book.placeOf(message) ?? 0));
  }
}

/** What was accepted before another message was first sent comes before it, whoever sent either. */
export function* causalOrder(book: LogBook): Iterable<Fault> {
  const accepted = acceptances(book);
  let next = 0;
  let floor = 0;
  for (const message of byFirstAttempt(book)) {
    const { at } = message.attempts[0];
    for (; next < accepted.length && accepted[next]!.at < at; next++)
      floor = Math.max(floor, accepted[next]!.messageId);
    const fault = inverted(book, message, floor, 'it was sent after that was accepted');
    if (fault) yield fault;
  }
}

const byFirstAttempt = (book: LogBook): Message[] => {
  if (!book.comparable) return [];
  return [...book.messages.values()].sort((a, b) => a.attempts[0].at - b.attempts[0].at);
};

const acceptances = (book: LogBook): { readonly at: number; readonly messageId: number }[] =>
  book.sends.flatMap(({ answer }) => (answer?.kind === 'accepted' ? [answer] : [])).sort((a, b) => a.at - b.at);

/** Where it was sent over several at once, nobody knows which attempt stored it. */
const onOneConnection = ({ attempts }: Message): boolean =>
  attempts.every(({ connection }) => connection === attempts[0].connection);

/** No later attempt can have been the one that stored it. */
function acceptedAtOnce({ attempts: [first, second] }: Message): boolean {
  const { answer } = first;
  return answer?.kind === 'accepted' && (second === undefined || second.at > answer.at);
}
