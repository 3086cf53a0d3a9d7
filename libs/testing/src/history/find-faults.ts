import type { Conditions } from './conditions.js';
import type { Fault } from './fault.js';
import type { History, Stray } from './history.js';
import { logBooks, type LogBook } from './log-book.js';
import { beginnings, contiguous, ephemerals, lives, losses, resumption } from './rules/reading.js';
import { causalOrder, senderOrder } from './rules/sending.js';
import { acceptedAsSeen, oneMessageAnId, sentBefore, storedOnce } from './rules/storing.js';

type Rule = (book: LogBook, conditions: Conditions) => Iterable<Fault>;

const RULES: readonly Rule[] = [
  contiguous,
  beginnings,
  resumption,
  lives,
  losses,
  ephemerals,
  oneMessageAnId,
  sentBefore,
  storedOnce,
  acceptedAsSeen,
  senderOrder,
  causalOrder,
];

/** Everything in a history that PROTOCOL.md §4 forbids. Pure; silent about what cannot be known from outside. */
export function findFaults(history: History, conditions: Conditions = {}): Fault[] {
  const strays = history.strays.map(outside);
  return [...strays, ...logBooks(history).flatMap((book) => RULES.flatMap((rule) => [...rule(book, conditions)]))];
}

const outside = ({ log, connection, seen: { messageId, from } }: Stray): Fault => ({
  kind: 'phantom',
  log,
  detail: `${messageId} from ${from} came to ${connection}, which had not opened the log`,
});
