import type { FieldWriter, Layout } from './layout.js';
import { TOKEN } from './tokens.js';

const INITIAL = 4_096;
/** Memory above it is not kept for what comes next. */
const KEPT = 128 * 1_024;
/** Up to so many characters a loop beats a call into native code. */
const SHORT = 31;
/** A UTF-16 unit becomes at most so many bytes of UTF-8. */
const MAX_BYTES_A_UNIT = 3;
/** Left free for the header of a part whose length is not known yet. */
const PART_HEADER = 3;

/** Writes MessagePack values one after another. */
export class Writer implements FieldWriter {
  private memory: Buffer = Buffer.allocUnsafeSlow(INITIAL);
  private view = viewOf(this.memory);
  private at = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.at;
  }

  /** Forgets what was written from there on. */
  cut(length: number): void {
    this.at = length;
    if (length === 0 && this.memory.length > KEPT) this.use(Buffer.allocUnsafeSlow(INITIAL));
  }

  /** Forgets what was written up to there. */
  drop(start: number): void {
    this.memory.copyWithin(0, start, this.at);
    this.at -= start;
  }

  /** What was written; a view that the next write may change. */
  written(start = 0, end = this.at): Buffer {
    return this.memory.subarray(start, end);
  }

  array(length: number): void {
    if (length < 16) this.byte(0x90 | length);
    else this.token(TOKEN.array32, length);
  }

  text(value: string | undefined): void {
    if (value === undefined) return this.byte(TOKEN.nil);
    this.reserve(5 + value.length * MAX_BYTES_A_UNIT);
    if (value.length > SHORT || !this.shortAscii(value)) this.longText(value);
  }

  number(value: number | undefined): void {
    if (value === undefined) this.byte(TOKEN.nil);
    else if (value >>> 0 !== value) this.float(value);
    else if (value < 0x80) this.byte(value);
    else this.token(TOKEN.uint32, value);
  }

  flag(value: boolean | undefined): void {
    this.byte(value === undefined ? TOKEN.nil : value ? TOKEN.true : TOKEN.false);
  }

  bytes(value: Uint8Array): void {
    const { length } = value;
    if (length < 0x100) {
      this.reserve(2);
      this.memory[this.at++] = TOKEN.bin8;
      this.memory[this.at++] = length;
    } else this.token(TOKEN.bin32, length);
    this.raw(value);
  }

  list<T>(layout: Layout<T>, values: readonly T[]): void {
    this.array(values.length);
    for (const value of values) this.fields(layout, value);
  }

  /** The fields of one value: an array of them. */
  fields<T>(layout: Layout<T>, value: T): void {
    this.byte(0x90 | layout.fields);
    layout.write(this, value);
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.memory.set(value, this.at);
    this.at += value.length;
  }

  /** A value that is a part of its own, as bytes: who does not care for it passes it over. @returns what `endPart` wants. */
  beginPart(): number {
    this.reserve(PART_HEADER);
    const start = this.at;
    this.at += PART_HEADER;
    return start;
  }

  endPart(start: number): void {
    const length = this.at - start - PART_HEADER;
    if (length < 0x1_0000) {
      this.memory[start] = TOKEN.bin16;
      this.view.setUint16(start + 1, length);
      return;
    }
    this.reserve(2);
    this.memory.copyWithin(start + 5, start + PART_HEADER, this.at);
    this.memory[start] = TOKEN.bin32;
    this.view.setUint32(start + 1, length);
    this.at += 2;
  }

  private shortAscii(value: string): boolean {
    const { memory, at } = this;
    const { length } = value;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) return false;
      memory[at + 1 + i] = unit;
    }
    memory[at] = 0xa0 | length;
    this.at = at + 1 + length;
    return true;
  }

  private longText(value: string): void {
    const length = this.memory.write(value, this.at + 5);
    this.memory[this.at] = TOKEN.str32;
    this.view.setUint32(this.at + 1, length);
    this.at += 5 + length;
  }

  private float(value: number): void {
    this.reserve(9);
    this.memory[this.at] = TOKEN.float64;
    this.view.setFloat64(this.at + 1, value);
    this.at += 9;
  }

  private token(token: number, value: number): void {
    this.reserve(5);
    this.memory[this.at] = token;
    this.view.setUint32(this.at + 1, value);
    this.at += 5;
  }

  private byte(value: number): void {
    this.reserve(1);
    this.memory[this.at++] = value;
  }

  private reserve(size: number): void {
    if (this.at + size > this.memory.length) this.grow(this.at + size);
  }

  private grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.memory.length));
    grown.set(this.memory.subarray(0, this.at));
    this.use(grown);
  }

  private use(memory: Buffer): void {
    this.memory = memory;
    this.view = viewOf(memory);
  }
}

const viewOf = (memory: Buffer): DataView => new DataView(memory.buffer, memory.byteOffset, memory.length);
