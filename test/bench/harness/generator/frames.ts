/**
 * Frames of RFC 6455 as a load generator needs them: whole messages, a text each, no extensions. Not those of test/conformance, which can break every rule
 * and make half a dozen buffers for each: here they are made by the hundred thousand a second beside what is measured.
 */

const FINAL = 0x80;
const MASKED = 0x80;
const MASK = [0x35, 0x9a, 0x7c, 0xe1] as const;
/** Lengths from here on take two bytes more, and from `LONG` on eight. */
const MEDIUM = 126;
const LONG = 65_536;

/** A client's frame. Masked, as a client's must be, but always with the same key: what random ones cost is not what is measured. */
export function clientFrame(opcode: number, payload: string | Buffer): Buffer {
  const length = Buffer.byteLength(payload);
  if (length >= LONG) throw new RangeError(`${length} bytes: a load generator sends less than ${LONG}`);
  const start = length < MEDIUM ? 6 : 8;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = FINAL | opcode;
  frame[1] = MASKED | (length < MEDIUM ? length : MEDIUM);
  if (length >= MEDIUM) frame.writeUInt16BE(length, 2);
  frame.set(MASK, start - 4);
  if (typeof payload === 'string') frame.write(payload, start);
  else payload.copy(frame, start);
  for (let i = 0; i < length; i++) frame[start + i] = (frame[start + i] as number) ^ (MASK[i & 3] as number);
  return frame;
}

/** Cuts a server's bytes into frames; what is not whole yet waits for the rest. */
export class FrameReader {
  private rest: Buffer | undefined;

  constructor(private readonly onFrame: (opcode: number, payload: Buffer) => void) {}

  read(chunk: Buffer): void {
    const bytes = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    this.rest = undefined;
    for (let at = 0; at < bytes.length;) {
      const end = this.frameAt(bytes, at);
      if (end < 0) {
        this.rest = bytes.subarray(at);
        return;
      }
      at = end;
    }
  }

  /** Hands the frame on that starts here. @returns where it ends; -1 if it is not whole */
  private frameAt(bytes: Buffer, at: number): number {
    if (at + 2 > bytes.length) return -1;
    const first = bytes[at] as number;
    if (!(first & FINAL)) throw new Error('a server sent a message in pieces');
    let length = bytes[at + 1] as number;
    let start = at + 2;
    if (length >= MEDIUM) {
      start += length === MEDIUM ? 2 : 8;
      if (start > bytes.length) return -1;
      length = length === MEDIUM ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    }
    const end = start + length;
    if (end > bytes.length) return -1;
    this.onFrame(first & 0x0f, bytes.subarray(start, end));
    return end;
  }
}
