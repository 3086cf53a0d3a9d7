import { ITEM_HEADER } from './pack-items.js';

/** Of an entry of a log that several messages share: messages, and bytes of bodies, but for the last. Whoever wants one of them gets them all. */
const SHARING = 32;
const SHARED_BYTES = 4096;

/** The bodies of each entry. The first message of an append is an entry of its own, which says what id it got; what comes behind it shares entries. */
export function inEntries(bodies: readonly Buffer[]): (readonly Buffer[])[] {
  const entries: (readonly Buffer[])[] = [];
  for (let from = 0, to = 1; from < bodies.length; from = to, to = entryEnd(bodies, from)) {
    entries.push(bodies.slice(from, to));
  }
  return entries;
}

function entryEnd(bodies: readonly Buffer[], from: number): number {
  const most = Math.min(bodies.length, from + SHARING);
  let to = from;
  for (let bytes = 0; to < most && bytes < SHARED_BYTES; to++) bytes += (bodies[to] as Buffer).length;
  return to;
}

/** The bodies of an entry, as `packItems` puts several into one text. Views of it. */
export function bodiesOf(value: Buffer, count: number): readonly Buffer[] {
  if (count === 1) return [value];
  const bodies: Buffer[] = [];
  for (let at = 0; at < value.length;) {
    const start = at + ITEM_HEADER;
    at = start + value.readUInt32BE(start - 4);
    bodies.push(value.subarray(start, at));
  }
  return bodies;
}
