import { jest } from '@jest/globals';
import { GATEWAY, type DeliverNotice } from '#contract';
import type { AppendResult, Engine, Log, NewEntry } from '#engine';
import type { Mesh } from '#mesh';
import { MESH } from '#service';
import type { FaultKind } from '#testing';
import { Attendance } from '../../apps/gateway/src/connection/attendance.js';
import { LogCursor, type Numbered } from '../../apps/gateway/src/connection/log-cursor.js';
import type { Composition } from './composition.js';
import { THE_LAST } from './story.js';

/** Breaks the code in one place: a wrapper around the real part. `jest.restoreAllMocks` mends it. */
type Break = (composition: Composition) => void;

type Append = Log['append'];

const wrapAppend = ({ engine: { log } }: Composition, wrap: (append: Append) => Append): void => {
  const broken = wrap(log.append.bind(log));
  jest.spyOn(log, 'append').mockImplementation(broken);
};

/** Live messages on their way to a gateway; undefined: lost. */
const wrapDelivery = (composition: Composition, change: (notice: DeliverNotice) => DeliverNotice | undefined): void => {
  for (const mesh of composition.parts<Mesh>(MESH)) {
    const tell = mesh.tell.bind(mesh);
    jest.spyOn(mesh, 'tell').mockImplementation((to, pattern, data) => {
      const changed = pattern === GATEWAY.deliver ? change(data as DeliverNotice) : data;
      return changed === undefined || tell(to, pattern, changed);
    });
  }
};

/** The session writes whatever comes, as soon as it comes. */
const withoutGapCheck: Break = () => {
  // oxlint-disable-next-line typescript/unbound-method -- called with `this` below
  const take = LogCursor.prototype.take;
  jest.spyOn(LogCursor.prototype, 'take').mockImplementation(function (this: LogCursor<Numbered>, entry) {
    Object.assign(this, { position: entry.messageId - 1 });
    return take.call(this, entry);
  });
};

/** A packet to a gateway is lost; others follow. */
const packetLost: Break = (composition) =>
  wrapDelivery(composition, (notice) =>
    notice.entries.some(({ body }) => Buffer.from(body).includes('a21')) ? undefined : notice,
  );

const batchReversed: Break = (composition) =>
  wrapDelivery(composition, (notice) => ({ ...notice, entries: notice.entries.toReversed() }));

const storedReversed: Break = (composition) =>
  wrapAppend(composition, (append) => async (log, entries, ...rest) => {
    const result = await append(log, entries.toReversed(), ...rest);
    return { ...result, appended: result.appended.toReversed() };
  });

const withoutIdempotency: Break = (composition) =>
  wrapAppend(
    composition,
    (append) =>
      (log, entries, ...rest) =>
        append(
          log,
          entries.map(({ idempotency: _forgotten, ...entry }) => entry),
          ...rest,
        ),
  );

/** Says what would have come of it. */
const notStored = async (
  { log: logs, presence }: Engine,
  id: string,
  entries: readonly NewEntry[],
): Promise<AppendResult> => {
  const { epoch, lastMessageId } = await logs.read({ kind: 'inbox', id }, 0, 1);
  const appended = entries.map((_, i) => ({
    messageId: lastMessageId + 1 + i,
    timestamp: Date.now(),
    duplicate: false,
  }));
  const connections = await presence.locate(id);
  const result = { epoch, appended, connections, gateways: [] };
  return result;
};

const acceptedNotStored: Break = (composition) =>
  wrapAppend(
    composition,
    (append) =>
      (log, entries, ...rest) =>
        entries.some(({ body }) => body.includes(THE_LAST))
          ? notStored(composition.engine, log.id, entries)
          : append(log, entries, ...rest),
  );

const replayStartsLate: Break = ({ engine: { log } }) => {
  const open = log.open.bind(log);
  jest.spyOn(log, 'open').mockImplementation(async (id, options) => {
    const page = await open(id, options);
    // The story's own look at the cursor is none of it.
    if (options.limit === 1 || page.entries.length === 0) return page;
    return { ...page, cursor: page.cursor + 1, entries: page.entries.slice(1) };
  });
};

const cursorForgotten: Break = ({ engine: { log } }) => {
  const open = log.open.bind(log);
  jest
    .spyOn(log, 'open')
    .mockImplementation((id, options) => open(id, options.limit === 1 ? options : { after: 0, ...options }));
};

/** The backlog is read before the live tail is opened; here, until the connection's next registration, it is not opened at all. */
const tailOpenedLate: Break = (composition) => {
  for (const attendance of composition.parts(Attendance)) jest.spyOn(attendance, 'enter').mockResolvedValue(undefined);
};

/** What is broken, where, and what it shows as. */
export const BREAKS: readonly (readonly [string, readonly Break[], FaultKind])[] = [
  ['the engine has forgotten idempotency', [withoutIdempotency], 'duplicate'],
  ['an append reports accepted without storing', [acceptedNotStored], 'loss'],
  ['the engine stores a batch in reverse', [storedReversed], 'inversion'],
  ['a replay starts one late', [replayStartsLate], 'gap'],
  ['a replay starts before what was acknowledged', [cursorForgotten], 'repeat'],
  ['a packet is lost and the session skips the gap check', [packetLost, withoutGapCheck], 'gap'],
  [
    'the router delivers a batch in reverse and the session skips the gap check',
    [batchReversed, withoutGapCheck],
    'inversion',
  ],
  ['the live tail is not opened when the backlog is read', [tailOpenedLate], 'loss'],
];

/** What clients never notice, since another part makes up for it. */
export const HEALED: readonly (readonly [string, readonly Break[]])[] = [
  ['nothing is broken', []],
  ['a packet is lost', [packetLost]],
  ['the router delivers a batch in reverse', [batchReversed]],
];
