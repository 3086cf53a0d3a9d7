import { TOKEN } from './tokens.js';
import { int64Of } from './user-id.js';

/** Where the bytes of texts and buffers come from; a server and a browser have different ones. */
export interface Memory<B extends Uint8Array> {
  allocate(size: number): B;
  /** Writes `text` as UTF-8 at `at`, where there is room for all of it. @returns the bytes written. */
  write(target: B, text: string, at: number): number;
  copy(source: B, start: number, end: number): B;
}

const INITIAL = 4_096;
/** Scratch above it is not kept for the next frame. */
const KEPT = 256 * 1024;
/** Up to so many characters a loop beats a call. */
const SHORT = 24;
/** A UTF-16 unit becomes at most so many bytes. */
const MAX_BYTES_A_UNIT = 3;

/** Writes MessagePack, each value in its smallest form, into memory that is used again for the next frame. */
export class Writer<B extends Uint8Array = Uint8Array> {
  private bytes: B;
  private view: DataView | undefined;
  private at = 0;

  constructor(private readonly memory: Memory<B>) {
    this.bytes = memory.allocate(INITIAL);
  }

  get position(): number {
    return this.at;
  }

  /** Begins anew, with `headroom` bytes left free in front. */
  begin(headroom: number): void {
    if (this.bytes.length > KEPT) this.use(this.memory.allocate(INITIAL));
    this.at = headroom;
  }

  /** Goes on writing at `at`, over what is there. */
  moveTo(at: number): void {
    this.at = at;
  }

  /** A copy of what was written there. */
  copy(start: number, end: number): B {
    return this.memory.copy(this.bytes, start, end);
  }

  /** Leaves a byte for a map's header; see `endMap`. */
  beginMap(): number {
    this.reserve(1);
    return this.at++;
  }

  /** The map begun at `start` holds so many entries, at most 15. */
  endMap(start: number, entries: number): void {
    this.bytes[start] = 0x80 | entries;
  }

  list(length: number): void {
    if (length < 16) this.byte(0x90 | length);
    else if (length < 0x1_0000) this.token(TOKEN.array16, 2, length);
    else this.token(TOKEN.array16 + 1, 4, length);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    const target = this.bytes;
    let at = this.at;
    for (let i = 0; i < bytes.length; i++) target[at++] = bytes[i]!;
    this.at = at;
  }

  flag(value: boolean): void {
    this.byte(value ? TOKEN.true : TOKEN.false);
  }

  /** An integer as one; any other number as a float. */
  number(value: number): void {
    if (!Number.isSafeInteger(value)) return this.float(value);
    if (value < 0) this.negative(value);
    else if (value < 0x80) this.byte(value);
    else if (value < 0x100) this.token(TOKEN.uint8, 1, value);
    else if (value < 0x1_0000) this.token(TOKEN.uint16, 2, value);
    else if (value < 0x1_0000_0000) this.token(TOKEN.uint32, 4, value);
    else this.token(TOKEN.uint64, 8, value);
  }

  userId(userId: string): void {
    const int64 = int64Of(userId);
    if (int64 === undefined) this.text(userId);
    else if (typeof int64 === 'number') this.number(int64);
    else this.int64(int64);
  }

  text(text: string): void {
    this.reserve(5 + text.length * MAX_BYTES_A_UNIT);
    if (text.length > SHORT || !this.shortAscii(text)) this.long(text);
  }

  binaryHeader(length: number): void {
    if (length < 0x100) this.token(TOKEN.bin8, 1, length);
    else if (length < 0x1_0000) this.token(TOKEN.bin16, 2, length);
    else this.token(TOKEN.bin32, 4, length);
  }

  private shortAscii(text: string): boolean {
    const { bytes, at } = this;
    const { length } = text;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      bytes[at + 1 + i] = unit;
    }
    bytes[at] = 0xa0 | length;
    this.at = at + 1 + length;
    return true;
  }

  /** Its length is known once it is written: guessed, and moved where the guess was wrong. */
  private long(text: string): void {
    const start = this.at;
    const guessed = headerOf(text.length);
    const length = this.memory.write(this.bytes, text, start + guessed);
    const header = headerOf(length);
    if (header !== guessed) this.bytes.copyWithin(start + header, start + guessed, start + guessed + length);
    if (header === 1) this.byte(0xa0 | length);
    else this.token(STRING_TOKEN[header]!, header - 1, length);
    this.at = start + header + length;
  }

  private negative(value: number): void {
    if (value >= -0x20) this.byte(value & 0xff);
    else if (value >= -0x80) this.token(TOKEN.int8, 1, value & 0xff);
    else if (value >= -0x8000) this.token(TOKEN.int16, 2, value & 0xffff);
    else if (value >= -0x8000_0000) this.token(TOKEN.int32, 4, value >>> 0);
    else this.int64(BigInt(value));
  }

  /** One that no shorter form holds. */
  private int64(value: bigint): void {
    this.byte(value < 0n ? TOKEN.int64 : TOKEN.uint64);
    this.reserve(8);
    this.dataView.setBigInt64(this.at, value);
    this.at += 8;
  }

  private float(value: number): void {
    this.byte(TOKEN.float64);
    this.reserve(8);
    this.dataView.setFloat64(this.at, value);
    this.at += 8;
  }

  private byte(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  /** A token and `width` bytes of an unsigned integer. */
  private token(token: number, width: number, value: number): void {
    this.reserve(1 + width);
    const { bytes } = this;
    bytes[this.at] = token;
    let rest = value;
    for (let at = this.at + width; at > this.at; at--) {
      bytes[at] = rest & 0xff;
      rest = width === 8 ? Math.floor(rest / 0x100) : rest >>> 8;
    }
    this.at += 1 + width;
  }

  private reserve(size: number): void {
    if (this.at + size > this.bytes.length) this.grow(this.at + size);
  }

  private grow(needed: number): void {
    const grown = this.memory.allocate(Math.max(needed, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.at));
    this.use(grown);
  }

  private use(bytes: B): void {
    this.bytes = bytes;
    this.view = undefined;
  }

  private get dataView(): DataView {
    return (this.view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length));
  }
}

/** By the bytes of the header. */
const STRING_TOKEN: Readonly<Record<number, number>> = { 2: TOKEN.str8, 3: TOKEN.str16, 5: TOKEN.str32 };

function headerOf(length: number): number {
  if (length < 0x20) return 1;
  if (length < 0x100) return 2;
  return length < 0x1_0000 ? 3 : 5;
}
