import { isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { OPCODE, closeFrame, encode, type ClientFrame } from '../conformance/raw-frames.js';
import { jsonPayload, packedPayload } from './payloads.js';
import { Random, mutate } from './random.js';

export type Encoding = 'json' | 'msgpack';

/**
 * What bytes on the wire do. `message`: they are a whole message, which is answered or not as it deserves. `nothing`. `end`: they break the
 * protocol or close, so that nothing after them counts. `swallow`: they promise more than they bring, so that what follows is part of them.
 */
export type Effect = 'message' | 'nothing' | 'end' | 'swallow';

export interface Shot {
  readonly bytes: Buffer;
  readonly effect: Effect;
  /** Of a `message`. */
  readonly payload: Buffer;
  readonly binary: boolean;
}

const NONE = Buffer.alloc(0);

const shot = (effect: Effect, ...frames: ClientFrame[]): Shot => ({
  bytes: Buffer.concat(frames.map(encode)),
  effect,
  payload: NONE,
  binary: false,
});

interface Content {
  readonly payload: Buffer;
  readonly binary: boolean;
}

type Way = (content: Content, at: number) => Shot;

const opcodeOf = ({ binary }: Content): number => (binary ? OPCODE.binary : OPCODE.text);

/** A text must be UTF-8. */
const message = (content: Content, ...frames: ClientFrame[]): Shot => ({
  ...shot(content.binary || isUtf8(content.payload) ? 'message' : 'end', ...frames),
  ...content,
});

const whole: Way = (content) => message(content, { opcode: opcodeOf(content), payload: content.payload });

const inFragments: Way = (content, at) => {
  const { payload } = content;
  const [one, two] = [at % (payload.length + 1), (at * 7) % (payload.length + 1)].sort((a, b) => a - b) as [
    number,
    number,
  ];
  return message(
    content,
    { opcode: opcodeOf(content), fin: false, payload: payload.subarray(0, one) },
    { opcode: OPCODE.ping, payload: 'between' },
    { opcode: OPCODE.continuation, fin: false, payload: payload.subarray(one, two) },
    { opcode: OPCODE.continuation, payload: payload.subarray(two) },
  );
};

const BAD_OPCODES = [0, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
const CODES = [0, 999, 1000, 1001, 1004, 1005, 1006, 1011, 1015, 2000, 3000, 4000, 4504, 4999, 5000, 65_535];

type Weighed = readonly (readonly [number, Way])[];

/** How a message may come, with what may come between; the numbers are weights. */
const CALM: Weighed = [
  [60, whole],
  [12, inFragments],
  [3, (_, at) => shot('nothing', { opcode: 9 + (at % 2), payload: Buffer.alloc(at % 126, 0xff) })],
];

/** What no connection survives. */
const FATAL: Weighed = [
  [1, (content) => shot('end', { ...frameOf(content), mask: false })],
  [1, (content, at) => shot('end', { ...frameOf(content), rsv: 1 + (at % 7) })],
  [1, ({ payload }, at) => shot('end', { opcode: BAD_OPCODES[at % BAD_OPCODES.length]!, payload })],
  [1, (content, at) => shot('end', { ...frameOf(content), length: 2n ** BigInt(21 + (at % 42)), lengthBytes: 8 })],
  [1, (content, at) => shot('swallow', { ...frameOf(content), length: content.payload.length + 1 + (at % 5_000) })],
  [1, (_, at) => shot('end', { opcode: 8 + (at % 3), payload: Buffer.alloc(126 + (at % 100)) })],
  [1, (_, at) => shot('end', { opcode: 8 + (at % 3), fin: false })],
  [1, (_, at) => shot('end', closeFrame(CODES[at % CODES.length], Buffer.alloc(at % 124, 0xc0 + (at % 64))))],
  [1, (content) => shot('end', { ...frameOf(content), fin: false }, frameOf(content))],
  [1, ({ payload }) => shot('end', { opcode: OPCODE.text, payload: Buffer.concat([payload, Buffer.from([0xc0])]) })],
  [1, ({ payload }) => ({ ...shot('swallow'), bytes: payload })],
];

const frameOf = (content: Content): ClientFrame => ({ opcode: opcodeOf(content), payload: content.payload });

/** A pool is made anew after so many draws. */
const DRAWS = 3_000;
const POOL = 300;

/** Shots that follow from a seed: payloads by fast-check's generators, half of them mutated, on any of the ways. */
export class Armoury {
  private readonly pools = new Map<Encoding, readonly Buffer[]>();
  private draws = 0;

  constructor(
    private readonly seed: number,
    private readonly random = new Random(seed),
  ) {}

  /** What a connection that speaks `encoding` goes on after; but for texts that are not UTF-8 (`end`). */
  calm(encoding: Encoding): Shot {
    return this.draw(encoding, CALM);
  }

  /** What ends it. */
  fatal(encoding: Encoding): Shot {
    return this.draw(encoding, FATAL);
  }

  private draw(encoding: Encoding, ways: Weighed): Shot {
    const { random } = this;
    const drawn = random.of(this.pool(encoding));
    const payload = random.next(2) === 0 ? drawn : mutate(drawn, random);
    // Now and then of the other kind.
    const binary = (encoding === 'msgpack') !== (random.next(30) === 0);
    return random.weighed(ways)({ payload, binary }, random.next(1_000_000));
  }

  private pool(encoding: Encoding): readonly Buffer[] {
    if (this.draws++ % DRAWS === 0) this.pools.clear();
    const known = this.pools.get(encoding);
    if (known) return known;
    const payload = encoding === 'json' ? jsonPayload : packedPayload;
    const made = fc.sample(payload, { seed: this.seed + this.draws, numRuns: POOL });
    this.pools.set(encoding, made);
    return made;
  }
}
