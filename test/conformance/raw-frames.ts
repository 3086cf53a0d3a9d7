import { randomBytes } from 'node:crypto';

/** RFC 6455 §5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame as a client sends it; every rule can be broken. */
export interface ClientFrame {
  readonly opcode: number;
  readonly payload?: Buffer | string;
  /** Default true. */
  readonly fin?: boolean;
  /** The reserved bits, 0 to 7 (RSV1 is 4). */
  readonly rsv?: number;
  /** Default: a random key; `false`: not masked. */
  readonly mask?: Buffer | false;
  /** What the header says instead of the payload's length. */
  readonly length?: number | bigint;
  /** Bytes that the length is written in; default: as few as can be. */
  readonly lengthBytes?: 0 | 2 | 8;
}

/** A frame as it came from the server. */
export interface ServerFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

export function encode(frame: ClientFrame): Buffer {
  const { opcode, fin = true, rsv = 0, mask = randomBytes(4) } = frame;
  const payload = Buffer.from(frame.payload ?? '');
  const length = lengthField(frame.length ?? payload.length, frame.lengthBytes);
  length[0]! |= mask === false ? 0 : 0x80;
  const head = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode]);
  if (mask === false) return Buffer.concat([head, length, payload]);
  return Buffer.concat([head, length, mask, masked(payload, mask)]);
}

function lengthField(length: number | bigint, bytes?: 0 | 2 | 8): Buffer {
  const size = bytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8);
  const field = Buffer.alloc(1 + size);
  field[0] = size === 0 ? Number(length) : size === 2 ? 126 : 127;
  if (size === 2) field.writeUInt16BE(Number(length), 1);
  if (size === 8) field.writeBigUInt64BE(BigInt(length), 1);
  return field;
}

function masked(payload: Buffer, mask: Buffer): Buffer {
  const out = Buffer.from(payload);
  for (let i = 0; i < out.length; i++) out[i]! ^= mask[i & 3]!;
  return out;
}

/** The frame at the start of `bytes`, and how long it is; undefined: it has not come whole yet. */
export function parse(bytes: Buffer): { readonly frame: ServerFrame; readonly length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const [first, second] = [bytes[0]!, bytes[1]!];
  const isMasked = (second & 0x80) !== 0;
  const short = second & 0x7f;
  const start = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (isMasked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const size = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (bytes.length < start + size) return undefined;
  const payload = Buffer.from(bytes.subarray(start, start + size));
  const frame = { fin: (first & 0x80) !== 0, rsv: (first >> 4) & 7, opcode: first & 15, masked: isMasked, payload };
  return { frame, length: start + size };
}

/** The frame of a close: no code, a code, or a code and a reason (§5.5.1). */
export function closeFrame(code?: number, reason: string | Buffer = ''): ClientFrame {
  if (code === undefined) return { opcode: OPCODE.close };
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return { opcode: OPCODE.close, payload: Buffer.concat([head, Buffer.from(reason)]) };
}

/** What a close frame says; no code where it is none, or says nothing. */
export function closeOf(frame: ServerFrame | undefined): {
  readonly code: number | undefined;
  readonly reason: string;
} {
  if (frame?.opcode !== OPCODE.close || frame.payload.length < 2) return { code: undefined, reason: '' };
  return { code: frame.payload.readUInt16BE(0), reason: frame.payload.subarray(2).toString() };
}
