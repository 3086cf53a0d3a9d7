import { Packr, Unpackr } from 'msgpackr';

/**
 * A frame is one MessagePack array: `[version, from, incarnation, for, patterns, ops]`. `from` is the sender's reply address, `incarnation` its
 * incarnation, `for` the incarnation that the replies in the frame are meant for ('' when there are none), `patterns` the table that packets
 * point into. `ops` is flat: packet after packet, each `(pattern << KIND_BITS | kind)` followed by its fields.
 */
const VERSION = 1;
const KIND_BITS = 3;
const KIND_MASK = (1 << KIND_BITS) - 1;

/** What a packet is; the comment names the fields that follow its op. */
export const KIND = {
  /** data */
  tell: 0,
  /** correlation, data */
  ask: 1,
  /** data, traceparent */
  tracedTell: 2,
  /** correlation, data, traceparent */
  tracedAsk: 3,
  /** correlation, data */
  reply: 4,
  /** correlation, `Failure` */
  failure: 5,
  /** correlation: this instance does not act for its role just now; ask another. */
  refusal: 6,
  /** `Announcement` */
  announcement: 7,
} as const;

/** Length of a packet in `ops`, by kind. */
const LENGTH = [2, 3, 3, 4, 3, 3, 2, 2] as const;

/** Code, message, retryAfterMs (null: not given). */
export type Failure = readonly [code: string, message: string, retryAfterMs: number | null];

const EVENTS = ['joined', 'leaving', 'left', 'missed'] as const;

/** "I joined", "I am about to leave", "I left", for everybody; "I could not send", for those whom it was meant for. */
export interface Announcement {
  readonly event: (typeof EVENTS)[number];
  readonly id: string;
  readonly roles: readonly string[];
}

export interface Frame {
  readonly from: string;
  readonly incarnation: string;
  readonly forIncarnation: string;
  readonly patterns: readonly string[];
  readonly ops: readonly unknown[];
}

export const opOf = (kind: number, pattern: number): number => (pattern << KIND_BITS) | kind;
export const kindOf = (op: number): number => op & KIND_MASK;
export const patternOf = (op: number): number => op >>> KIND_BITS;
/** How many places of `ops` the packet starting with `op` takes. */
export const lengthOf = (op: number): number => LENGTH[kindOf(op)] as number;

/** From this many packets on, records (field names once a frame) cost less time than plain maps; below, more. Measured: docs/decisions. */
const RECORDS_FROM = 16;
const records = new Packr({ useRecords: true });
const maps = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: true, mapsAsObjects: true });

/** Packs a frame; throws where some packet's data cannot be packed. */
export function encodeFrame(frame: Frame, packets: number): Buffer {
  const packr = packets >= RECORDS_FROM ? records : maps;
  return packr.pack([VERSION, frame.from, frame.incarnation, frame.forIncarnation, frame.patterns, frame.ops]);
}

/** Reads a frame; undefined for anything that is not one, wholly. Byte strings in it are views of `bytes`. */
export function decodeFrame(bytes: Buffer): Frame | undefined {
  let value: unknown;
  try {
    value = unpackr.unpack(bytes);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value.length !== 6 || value[0] !== VERSION) return undefined;
  const [, from, incarnation, forIncarnation, patterns, ops] = value as unknown[];
  if (typeof from !== 'string' || typeof incarnation !== 'string' || typeof forIncarnation !== 'string')
    return undefined;
  if (!isStrings(patterns) || !Array.isArray(ops) || !wellFormed(ops, patterns.length)) return undefined;
  return { from, incarnation, forIncarnation, patterns, ops };
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function wellFormed(ops: readonly unknown[], patterns: number): boolean {
  let at = 0;
  while (at < ops.length) {
    const op = ops[at];
    if (typeof op !== 'number' || !Number.isInteger(op) || op < 0 || op > 0x7fffffff) return false;
    if (!fieldsFit(op, ops, at, patterns)) return false;
    at += lengthOf(op);
  }
  return at === ops.length;
}

function fieldsFit(op: number, ops: readonly unknown[], at: number, patterns: number): boolean {
  switch (kindOf(op)) {
    case KIND.tell:
      return patternOf(op) < patterns;
    case KIND.tracedTell:
      return patternOf(op) < patterns && typeof ops[at + 2] === 'string';
    case KIND.ask:
      return patternOf(op) < patterns && typeof ops[at + 1] === 'number';
    case KIND.tracedAsk:
      return patternOf(op) < patterns && typeof ops[at + 1] === 'number' && typeof ops[at + 3] === 'string';
    case KIND.failure:
      return typeof ops[at + 1] === 'number' && isFailure(ops[at + 2]);
    case KIND.announcement:
      return isAnnouncement(ops[at + 1]);
    default:
      return typeof ops[at + 1] === 'number';
  }
}

function isFailure(value: unknown): value is Failure {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [code, message, retryAfterMs] = value as unknown[];
  return (
    typeof code === 'string' &&
    typeof message === 'string' &&
    (retryAfterMs === null || typeof retryAfterMs === 'number')
  );
}

function isAnnouncement(value: unknown): value is Announcement {
  if (typeof value !== 'object' || value === null) return false;
  const { event, id, roles } = value as Partial<Announcement>;
  return EVENTS.some((known) => known === event) && typeof id === 'string' && isStrings(roles);
}
