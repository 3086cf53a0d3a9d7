import type { FaultKind } from './fault.js';
import type { OpenHistory } from './history.fixture.js';

type Accepted = Extract<NonNullable<OpenHistory['sends'][number]['answer']>, { kind: 'accepted' }>;
type AcceptedSend = OpenHistory['sends'][number] & { answer: Accepted };

/** The one view that has seen all there is. */
export const all = ({ views }: OpenHistory): OpenHistory['views'][number] => views.at(-1)!;

const acceptedSends = ({ sends }: OpenHistory): AcceptedSend[] =>
  sends.filter((sent): sent is AcceptedSend => sent.answer?.kind === 'accepted');

/** Gives each message of `mapping` another id, wherever it is mentioned. */
function renumber(history: OpenHistory, mapping: ReadonlyMap<number, number>): void {
  const to = (messageId: number): number => mapping.get(messageId) ?? messageId;
  for (const view of history.views)
    view.messages = view.messages
      .map((seen) => ({ ...seen, messageId: to(seen.messageId) }))
      .sort((a, b) => a.messageId - b.messageId);
  for (const sent of acceptedSends(history)) sent.answer = { ...sent.answer, messageId: to(sent.answer.messageId) };
}

/** Swaps the ids of two messages, each sent once only, that are `meant`; false: there are none. */
function swap(history: OpenHistory, meant: (one: AcceptedSend, two: AcceptedSend) => boolean): boolean {
  const once = acceptedSends(history).filter(
    ({ sender, id }) => history.sends.filter((sent) => sent.sender === sender && sent.id === id).length === 1,
  );
  for (const one of once)
    for (const two of once) {
      if (!meant(one, two)) continue;
      const [a, b] = [one.answer.messageId, two.answer.messageId];
      renumber(
        history,
        new Map([
          [a, b],
          [b, a],
        ]),
      );
      return true;
    }
  return false;
}

/** Breaks a right history in one place; false: it has no such place. `at` chooses among several. */
type Breakage = (history: OpenHistory, at: number) => boolean;

export const BREAKAGES: readonly (readonly [FaultKind, string, Breakage])[] = [
  ['loss', 'the last message never comes', (h) => all(h).messages.pop() !== undefined],
  [
    'loss',
    'no message comes at all',
    (h) => {
      const had = all(h).messages.length;
      all(h).messages = [];
      return had > 0;
    },
  ],
  [
    'loss',
    'the log no longer counts a message that was accepted',
    (h) => {
      const view = all(h);
      if (view.messages.length === 0) return false;
      view.opened = { ...view.opened, lastMessageId: view.opened.lastMessageId - 1 };
      return acceptedSends(h).some(
        ({ answer }) => answer.messageId > view.opened.lastMessageId && answer.at < view.askedAt,
      );
    },
  ],
  [
    'gap',
    'a message is left out',
    (h, at) => {
      const { messages } = all(h);
      if (messages.length < 3) return false;
      messages.splice(1 + (at % (messages.length - 2)), 1);
      return true;
    },
  ],
  [
    'gap',
    'the first message after the cursor is left out',
    (h) => all(h).messages.length > 1 && !!all(h).messages.shift(),
  ],
  [
    'repeat',
    'a message comes twice on one connection',
    (h, at) => {
      const { messages } = all(h);
      const place = at % Math.max(1, messages.length);
      messages.splice(place, 0, ...messages.slice(place, place + 1));
      return messages.length > 0;
    },
  ],
  [
    'repeat',
    'what a device had acknowledged comes again',
    (h) => {
      const view = all(h);
      const epoch = view.opened.epoch;
      delete view.cursor;
      const at = view.askedAt - 0.5;
      h.acks.push({ log: view.log, reader: view.reader, epoch, messageId: 1, at, confirmedAt: at });
      return acceptedSends(h).some(({ answer }) => answer.at < at);
    },
  ],
  [
    'inversion',
    'two messages come in the wrong order',
    (h, at) => {
      const { messages } = all(h);
      if (messages.length < 2) return false;
      const place = at % (messages.length - 1);
      messages.splice(place, 2, messages[place + 1]!, messages[place]!);
      return true;
    },
  ],
  [
    'inversion',
    'two messages of one sender are stored in the wrong order',
    (h) => {
      return swap(h, (one, two) => two.sender === one.sender && two.at > one.at);
    },
  ],
  [
    'inversion',
    'a message is stored before one that was accepted before it was sent',
    (h) => {
      return swap(h, (one, two) => two.sender !== one.sender && two.at > one.answer.at);
    },
  ],
  [
    'phantom',
    'a message comes that nobody sent',
    (h) => {
      const { messages } = all(h);
      const messageId = (messages.at(-1)?.messageId ?? 0) + 1;
      messages.push({ at: Infinity, messageId, from: 'alice', id: undefined, content: 'out of nowhere', timestamp: 1 });
      return true;
    },
  ],
  [
    'phantom',
    'a message comes before it is sent',
    (h) => {
      const sent = acceptedSends(h).find(({ id }) => id === undefined);
      if (sent) sent.at = Infinity;
      return sent !== undefined && all(h).messages.length > 0;
    },
  ],
  [
    'conflict',
    'one id is two messages',
    (h) => {
      const { messages } = all(h);
      const other = h.views.slice(0, -1).flatMap((view) => view.messages)[0];
      const place = messages.findIndex(({ messageId }) => messageId === other?.messageId);
      if (place < 0) return false;
      messages[place] = { ...messages[place]!, content: 'another' };
      return true;
    },
  ],
  [
    'conflict',
    'one id is given to two senders',
    (h) => {
      const accepted = acceptedSends(h);
      const [one] = accepted;
      const two = accepted.find(({ answer }) => answer.messageId !== one?.answer.messageId);
      if (!one || !two) return false;
      two.answer = { ...two.answer, messageId: one.answer.messageId };
      return true;
    },
  ],
  [
    'duplicate',
    'a repeated message is stored again',
    (h) => {
      const { messages } = all(h);
      const first = messages.find(({ id }) => id !== undefined);
      if (first) messages.push({ ...first, messageId: messages.at(-1)!.messageId + 1, at: Infinity });
      return first !== undefined;
    },
  ],
  [
    'duplicate',
    'a message without an id is stored twice',
    (h) => {
      const { messages } = all(h);
      const first = messages.find(({ id }) => id === undefined);
      if (first) messages.push({ ...first, messageId: messages.at(-1)!.messageId + 1, at: Infinity });
      return first !== undefined;
    },
  ],
  [
    'duplicate',
    'a repetition is accepted as new',
    (h) => {
      const again = acceptedSends(h).find(
        ({ answer, sender, id }) =>
          answer.duplicate &&
          acceptedSends(h).some((one) => one.sender === sender && one.id === id && !one.answer.duplicate),
      );
      if (again) again.answer = { ...again.answer, duplicate: false };
      return again !== undefined;
    },
  ],
  [
    'mismatch',
    'accepted tells another id than readers see',
    (h) => {
      const sent = acceptedSends(h)[0];
      const other = all(h).messages.find(({ messageId }) => messageId !== sent?.answer.messageId);
      if (!sent || !other) return false;
      sent.answer = { ...sent.answer, messageId: other.messageId };
      return true;
    },
  ],
  [
    'mismatch',
    'accepted tells another time than readers see',
    (h) => {
      const sent = acceptedSends(h)[0];
      if (sent) sent.answer = { ...sent.answer, timestamp: -1 };
      return sent !== undefined;
    },
  ],
  [
    'resync',
    'a cursor that holds is refused',
    (h) => {
      all(h).opened = { ...all(h).opened, resumed: false };
      return true;
    },
  ],
  [
    'resync',
    'a cursor of another life of the log is taken',
    (h) => {
      all(h).cursorEpoch = 'of old';
      return true;
    },
  ],
  [
    'epoch',
    'the log begins another life',
    (h) => {
      const [first] = h.views;
      first!.opened = { ...first!.opened, epoch: 'second' };
      return h.views.length > 1;
    },
  ],
];
