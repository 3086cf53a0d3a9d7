import { ProtocolError, type ProtocolErrorOptions } from '../errors.js';
import { FIXED, PREFIXED, TOKEN, isSmallInteger } from './tokens.js';

/** What a value is that no field of the protocol can hold: binary, an extension, a map or list where none belongs. No rule accepts it. */
export const OPAQUE: unique symbol = Symbol('opaque');

/** How bytes become text. Throws for what is not UTF-8. */
export type TextReader = (bytes: Uint8Array, start: number, end: number) => string;

/**
 * Reads MessagePack as strangers send it. It takes every legal encoding, and only makes what the protocol has: numbers, texts, flags, lists and
 * maps of known fields. Extensions are never looked into, map keys never become property names, lengths are believed only as far as there are
 * bytes, and nesting costs no stack. Anything damaged throws `WS_INVALID_MESSAGE`.
 */
export class Reader {
  /** What the error is to carry, once it is known. */
  answering: ProtocolErrorOptions | undefined;
  /** Where the binary that `binary` has passed lies. */
  binaryStart = 0;
  private at = 0;
  private end: number;
  private view: DataView | undefined;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly texts: TextReader,
  ) {
    this.end = bytes.length;
  }

  get position(): number {
    return this.at;
  }

  /** Goes on in a part of the bytes. */
  within(start: number, end: number): void {
    this.at = start;
    this.end = end;
  }

  /** Nothing may follow. */
  finish(): void {
    if (this.at !== this.end) this.damaged();
  }

  damaged(): never {
    throw new ProtocolError('WS_INVALID_MESSAGE', undefined, undefined, this.answering);
  }

  // ------------------------------------------------------------- maps and lists

  /** @returns how many entries follow; undefined, with nothing read, where there is no map. */
  map(): number | undefined {
    return this.container(0x80, TOKEN.map16);
  }

  /** @returns how many values follow; undefined, with nothing read, where there is no list. */
  list(): number | undefined {
    return this.container(0x90, TOKEN.array16);
  }

  private container(fix: number, wide: number): number | undefined {
    const token = this.peek();
    if ((token & 0xf0) === fix) return this.byte() & 0x0f;
    if (token !== wide && token !== wide + 1) return undefined;
    this.at++;
    const size = this.uint(token === wide ? 2 : 4);
    // Each takes at least a byte.
    if (size > this.end - this.at) this.damaged();
    return size;
  }

  /**
   * Passes a key. @returns which of `names` it is; -1 for none of them, be it a string or not. No text is made of it. Looks from `from` on and
   * round: senders mostly keep to the order of the protocol's tables.
   */
  key(names: readonly Uint8Array[], from: number): number {
    const length = this.stringLength(this.byte());
    if (length === undefined) {
      this.at--;
      this.skip();
      return -1;
    }
    const start = this.take(length);
    for (let i = from; i < names.length; i++) if (this.spells(names[i]!, start, length)) return i;
    for (let i = 0; i < from; i++) if (this.spells(names[i]!, start, length)) return i;
    return -1;
  }

  private spells(name: Uint8Array, start: number, length: number): boolean {
    if (name.length !== length) return false;
    for (let i = 0; i < length; i++) if (name[i] !== this.bytes[start + i]) return false;
    return true;
  }

  // ------------------------------------------------------------- values

  /** A number, text, flag or nil. Integers beyond 2^53 come out rounded: no rule takes one so large. */
  value(): unknown {
    const token = this.byte();
    if (token < 0x80) return token;
    if (token >= 0xe0) return token - 0x100;
    const length = this.stringLength(token);
    if (length !== undefined) return this.text(length);
    if (token >= TOKEN.float32 && token <= TOKEN.int64) return this.number(token);
    if (token === TOKEN.nil) return null;
    if (token === TOKEN.false || token === TOKEN.true) return token === TOKEN.true;
    this.at--;
    this.skip();
    return OPAQUE;
  }

  /** As `value`, but an integer within int64 comes out as its decimal text: a user id. */
  userId(): unknown {
    const token = this.peek();
    if (token === TOKEN.int64 || token === TOKEN.uint64) return this.int64();
    const value = this.value();
    // A float can say which integer it is up to 2^53. (+ 0: there is no user "-0".)
    return Number.isSafeInteger(value) ? String((value as number) + 0) : value;
  }

  /** @returns the length of the binary that was passed; undefined, with nothing read, where there is none. */
  binary(): number | undefined {
    const token = this.peek();
    if (token < TOKEN.bin8 || token > TOKEN.bin32) return undefined;
    this.at++;
    const length = this.uint(1 << (token - TOKEN.bin8));
    this.binaryStart = this.take(length);
    return length;
  }

  /** @returns true, with it read, where there is a nil. */
  nil(): boolean {
    if (this.peek() !== TOKEN.nil) return false;
    this.at++;
    return true;
  }

  /** Passes one value, however deep. */
  skip(): void {
    for (let pending = 1; pending > 0; pending--) pending += this.pass();
  }

  /** Passes a token and what it holds itself. @returns how many values follow that belong to it. */
  private pass(): number {
    const token = this.byte();
    if (isSmallInteger(token)) return 0;
    if (token < 0x90) return 2 * (token & 0x0f);
    if (token < 0xa0) return token & 0x0f;
    if (token < 0xc0) return this.passBytes(token & 0x1f);
    const fixed = FIXED[token];
    if (fixed !== undefined) return this.passBytes(fixed);
    const prefixed = PREFIXED[token];
    if (prefixed === undefined) return this.damaged();
    const length = this.uint(prefixed.width);
    return prefixed.each === undefined ? this.passBytes(length + prefixed.more) : length * prefixed.each;
  }

  private passBytes(length: number): 0 {
    this.take(length);
    return 0;
  }

  // ------------------------------------------------------------- parts

  private text(length: number): string {
    const start = this.take(length);
    try {
      return this.texts(this.bytes, start, this.at);
    } catch {
      return this.damaged();
    }
  }

  private stringLength(token: number): number | undefined {
    if (token >= 0xa0 && token < 0xc0) return token & 0x1f;
    if (token >= TOKEN.str8 && token <= TOKEN.str32) return this.uint(1 << (token - TOKEN.str8));
    return undefined;
  }

  private number(token: number): number {
    const width = FIXED[token]!;
    const start = this.take(width);
    if (token >= TOKEN.int8) return this.signed(start, width);
    if (token >= TOKEN.uint8) return this.unsigned(start, width);
    return width === 4 ? this.dataView.getFloat32(start) : this.dataView.getFloat64(start);
  }

  private signed(start: number, width: number): number {
    if (width === 8) return Number(this.dataView.getBigInt64(start));
    const unsigned = this.unsigned(start, width);
    const bits = 32 - 8 * width;
    return (unsigned << bits) >> bits;
  }

  /** Where it is a user id: exact. One beyond int64 is none. */
  private int64(): unknown {
    const signed = this.byte() === TOKEN.int64;
    const start = this.take(8);
    const value = this.dataView.getBigInt64(start);
    return signed || value >= 0n ? value.toString() : OPAQUE;
  }

  /** A length. */
  private uint(width: number): number {
    return this.unsigned(this.take(width), width);
  }

  private unsigned(start: number, width: number): number {
    if (width === 8) return this.unsigned(start, 4) * 0x1_0000_0000 + this.unsigned(start + 4, 4);
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 0x100 + this.bytes[start + i]!;
    return value;
  }

  private peek(): number {
    if (this.at >= this.end) this.damaged();
    return this.bytes[this.at]!;
  }

  private byte(): number {
    if (this.at >= this.end) this.damaged();
    return this.bytes[this.at++]!;
  }

  /** @returns where the bytes begin that were passed. */
  private take(length: number): number {
    const start = this.at;
    if (length > this.end - start) this.damaged();
    this.at = start + length;
    return start;
  }

  private get dataView(): DataView {
    return (this.view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length));
  }
}
