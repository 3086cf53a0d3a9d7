import { writeFields } from './fields.js';
import type { Reader } from './reader.js';
import { packedName, type Shape } from './shapes.js';
import type { Writer } from './writer.js';

/** A frame's map as read (PROTOCOL.md §8): what is not there is undefined, what is of another kind is whatever it is. */
export interface Frame {
  type: unknown;
  seq: unknown;
  /** Where the payload's bytes lie; as long as it is empty where there is none. */
  payloadStart: number;
  payloadEnd: number;
  /** There is a payload, and it is no binary. */
  badPayload: boolean;
}

/** Reads the whole of it, but for what is in the payload. */
export function readFrame(reader: Reader): Frame {
  const frame: Frame = { type: undefined, seq: undefined, payloadStart: 0, payloadEnd: 0, badPayload: false };
  const entries = reader.map() ?? reader.damaged();
  let seen = 0;
  for (let i = 0; i < entries; i++) {
    const key = reader.key(KEYS, i % KEYS.length);
    // One that comes twice: which of them counts is nobody's guess.
    if (key >= 0 && seen & (1 << key)) reader.damaged();
    seen |= 1 << key;
    if (key === TYPE) frame.type = reader.value();
    else if (key === SEQ) frame.seq = reader.value();
    else if (key === PAYLOAD) readPayload(reader, frame);
    else reader.skip();
  }
  reader.finish();
  return frame;
}

const KEYS = ['type', 'seq', 'payload'].map((name) => packedName(name).subarray(1));
const [TYPE, SEQ, PAYLOAD] = [0, 1, 2];

function readPayload(reader: Reader, frame: Frame): void {
  const length = reader.binary();
  if (length !== undefined) {
    frame.payloadStart = reader.binaryStart;
    frame.payloadEnd = reader.binaryStart + length;
  } else if (!reader.nil()) {
    frame.badPayload = true;
    reader.skip();
  }
}

const TYPE_KEY = Uint8Array.from([0x83, ...packedName('type')]);
const SEQ_KEY = packedName('seq');
const PAYLOAD_KEY = packedName('payload');
/** Keys, type (all are below 128), the longest seq and the longest header of a binary. */
const HEADROOM = TYPE_KEY.length + 1 + SEQ_KEY.length + 9 + PAYLOAD_KEY.length + 5;

/** Writes a frame. */
export function writeFrame<B extends Uint8Array>(
  writer: Writer<B>,
  type: number,
  seq: number,
  shape: Shape,
  values: object,
): B {
  writer.begin(HEADROOM);
  writeFields(writer, shape, values);
  const end = writer.position;
  // The header's length is known now: it is written so that it ends where the payload begins.
  const header = HEADROOM - 9 - 5 + numberWidth(seq) + binaryHeaderWidth(end - HEADROOM);
  const start = HEADROOM - header;
  writer.moveTo(start);
  writer.raw(TYPE_KEY);
  writer.number(type);
  writer.raw(SEQ_KEY);
  writer.number(seq);
  writer.raw(PAYLOAD_KEY);
  writer.binaryHeader(end - HEADROOM);
  return writer.copy(start, end);
}

/** Bytes that an integer takes. */
function numberWidth(value: number): number {
  if (value >= 0) {
    if (value < 0x80) return 1;
    return 1 + (value < 0x100 ? 1 : value < 0x1_0000 ? 2 : value < 0x1_0000_0000 ? 4 : 8);
  }
  if (value >= -0x20) return 1;
  return 1 + (value >= -0x80 ? 1 : value >= -0x8000 ? 2 : value >= -0x8000_0000 ? 4 : 8);
}

const binaryHeaderWidth = (length: number): number => (length < 0x100 ? 2 : length < 0x1_0000 ? 3 : 5);
