import { Packr } from 'msgpackr';
import { DamagedError, type Layout } from './layout.js';
import { Reader } from './reader.js';
import type { Writer } from './writer.js';

/**
 * A frame is a sequence of MessagePack values: a head, `[version, from, incarnation, for, patterns]`, then packet after packet to the end. `from` is the
 * sender's reply address, `incarnation` its incarnation, `for` the incarnation that the replies in the frame are meant for ('' when there are none),
 * `patterns` the table that packets point into. A packet is its op, then what `KIND` and the flags say, its data last and as bytes within the
 * bytes: who cannot read one packet can read the next.
 *
 * An instance drops frames of another version. A release with a new one reads the old one too, and writes it until the release after it.
 */
const VERSION = 2;

/** What a packet is; the comment names what follows its op. */
export const KIND = {
  /** data */
  tell: 0,
  /** correlation, data */
  ask: 1,
  /** correlation, data */
  reply: 2,
  /** correlation, `Failure` as data */
  failure: 3,
  /** correlation: this instance does not act for its role just now; ask another. */
  refusal: 4,
  /** `Announcement` as data */
  announcement: 5,
} as const;

export type Kind = (typeof KIND)[keyof typeof KIND];

/** An op: pattern, flags and kind. */
const KIND_MASK = 7;
/** A `traceparent` stands before the data. */
export const TRACED = 8;
/** The data is the fields of its pattern's layout; else one value of any kind. */
export const LAID_OUT = 16;
const PATTERN_SHIFT = 5;

export const opOf = (kind: Kind, pattern: number, flags: number): number => (pattern << PATTERN_SHIFT) | flags | kind;

/** Code, message, retryAfterMs (null: not given). */
export type Failure = readonly [code: string, message: string, retryAfterMs: number | null];

const EVENTS = ['joined', 'leaving', 'left', 'missed'] as const;

/** "I joined", "I am about to leave", "I left", for everybody; "I could not send", for those whom it was meant for. */
export interface Announcement {
  readonly event: (typeof EVENTS)[number];
  readonly id: string;
  readonly roles: readonly string[];
}

/** Its table of patterns is what the packets behind it need. */
export interface Head {
  readonly from: string;
  readonly incarnation: string;
  readonly forIncarnation: string;
  readonly patterns: readonly string[];
}

export function writeHead(out: Writer, { from, incarnation, forIncarnation, patterns }: Head): void {
  out.array(5);
  out.number(VERSION);
  out.text(from);
  out.text(incarnation);
  out.text(forIncarnation);
  out.array(patterns.length);
  for (const pattern of patterns) out.text(pattern);
}

const anything = new Packr({ useRecords: false, variableMapSize: true, mapsAsObjects: true });

/** Throws where the data cannot be packed. */
export function writeData(out: Writer, data: unknown, layout: Layout<unknown> | undefined): void {
  const start = out.beginPart();
  if (layout) out.fields(layout, data);
  else out.raw(anything.pack(data));
  out.endPart(start);
}

/** A frame, packet by packet. `Frame.of` has looked through all of it: what is one is one wholly, except for the data of its packets. */
export class Frame {
  /** Of the packet that `next` came to. */
  kind: number = KIND.tell;
  pattern = 0;
  correlation = 0;
  trace: string | undefined;
  private laidOut = false;
  private dataStart = 0;
  private dataEnd = 0;
  private readonly body: number;

  private constructor(
    private readonly bytes: Buffer,
    private readonly reader: Reader,
    private readonly contents: Reader,
    readonly head: Head,
  ) {
    this.body = reader.position;
  }

  /** Undefined for anything that is no frame. Bytes in what it holds are views of `bytes`. */
  static of(bytes: Buffer): Frame | undefined {
    try {
      const reader = new Reader(bytes);
      const head = readHead(reader);
      const frame = new Frame(bytes, reader, new Reader(bytes), head);
      while (frame.next()) if (frame.pattern >= head.patterns.length && frame.kind <= KIND.ask) return undefined;
      reader.within(frame.body, bytes.length);
      return frame;
    } catch (error) {
      if (error instanceof DamagedError) return undefined;
      throw error;
    }
  }

  /** Goes to the next packet; false where there is none. */
  next(): boolean {
    const { reader } = this;
    if (reader.atEnd) return false;
    const op = reader.number();
    this.kind = op & KIND_MASK;
    this.pattern = op >>> PATTERN_SHIFT;
    this.laidOut = (op & LAID_OUT) !== 0;
    this.correlation = this.kind === KIND.tell || this.kind === KIND.announcement ? 0 : reader.number();
    this.trace = (op & TRACED) === 0 ? undefined : reader.text();
    if (this.kind > KIND.announcement) throw new DamagedError(`There is no packet of kind ${this.kind}`);
    if (this.kind === KIND.refusal) return true;
    this.dataStart = reader.part();
    this.dataEnd = reader.position;
    return true;
  }

  /** The packet's data. Throws `DamagedError` where it is none, or in a layout that is not known here. */
  data(layout: Layout<unknown> | undefined): unknown {
    if (!this.laidOut) return this.value();
    if (!layout) throw new DamagedError('The data has a layout that is not known here');
    return this.contents.within(this.dataStart, this.dataEnd).fields(layout);
  }

  get failure(): Failure {
    const value = this.value();
    return isFailure(value) ? value : damaged('failure');
  }

  get announcement(): Announcement {
    const value = this.value();
    return isAnnouncement(value) ? value : damaged('announcement');
  }

  private value(): unknown {
    try {
      return anything.unpack(this.bytes.subarray(this.dataStart, this.dataEnd));
    } catch (error) {
      throw new DamagedError('The data is no MessagePack', { cause: error });
    }
  }
}

function readHead(reader: Reader): Head {
  if (reader.array() !== 5 || reader.number() !== VERSION) return damaged('head');
  const [from, incarnation, forIncarnation] = [reader.text(), reader.text(), reader.text()];
  const patterns: string[] = [];
  for (let count = reader.array(); count > 0; count--) patterns.push(reader.text());
  return { from, incarnation, forIncarnation, patterns };
}

function damaged(what: string): never {
  throw new DamagedError(`This is no ${what}`);
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

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
