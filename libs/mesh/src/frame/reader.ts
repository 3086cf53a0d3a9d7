import { DamagedError, type FieldReader, type Layout } from './layout.js';
import { TOKEN } from './tokens.js';

/** More fields than any value has; a small integer, since counting down from Infinity makes a number on the heap each time. */
const UNBOUNDED = 0x3fff_ffff;

/**
 * Reads what a `Writer` wrote, one value after another, also one of a later version: in longer or shorter forms, with more fields. Or what Redis' Lua
 * did (`Publication`), which knows integers of 64 bits and no byte strings but texts.
 */
export class Reader implements FieldReader {
  private view: DataView | undefined;
  /** Fields left of the value that is being read. */
  private left = UNBOUNDED;

  constructor(
    private readonly memory: Buffer,
    private at = 0,
    private end = memory.length,
  ) {}

  get position(): number {
    return this.at;
  }

  get atEnd(): boolean {
    return this.at >= this.end;
  }

  /** Goes on in a part of the bytes. */
  within(start: number, end: number): this {
    this.at = start;
    this.end = end;
    this.left = UNBOUNDED;
    return this;
  }

  /** Values in the array that begins here. */
  array(): number {
    const token = this.byte();
    if (token >= 0x90 && token < 0xa0) return token & 0x0f;
    if (token !== TOKEN.array16 && token !== TOKEN.array32) return this.damaged();
    const length = this.uint(token === TOKEN.array16 ? 2 : 4);
    // Each takes at least a byte.
    return length > this.end - this.at ? this.damaged() : length;
  }

  /** Passes bytes. @returns where they begin; they end at `position`. */
  part(): number {
    const token = this.byte();
    if (token < TOKEN.bin8 || token > TOKEN.bin32) return this.damaged();
    return this.take(this.uint(1 << (token - TOKEN.bin8)));
  }

  /** The fields of one value, those passed over that the layout does not know. */
  fields<T>(layout: Layout<T>): T {
    const outer = this.left;
    this.left = this.array();
    const value = layout.read(this) as T;
    for (; this.left > 0; this.left--) this.skip();
    this.left = outer;
    return value;
  }

  // ------------------------------------------------------------- fields

  text(): string {
    return this.maybeText() ?? this.damaged();
  }

  maybeText(): string | undefined {
    if (this.absent()) return undefined;
    const start = this.passText();
    return this.memory.toString('utf8', start, this.at);
  }

  number(): number {
    return this.maybeNumber() ?? this.damaged();
  }

  maybeNumber(): number | undefined {
    if (this.absent()) return undefined;
    const token = this.byte();
    if (token < 0x80) return token;
    if (token === TOKEN.float64) return this.dataView.getFloat64(this.take(8));
    if (token < TOKEN.uint8 || token > TOKEN.uint64) return this.damaged();
    return this.uint(1 << (token - TOKEN.uint8));
  }

  flag(): boolean {
    return this.maybeFlag() ?? this.damaged();
  }

  maybeFlag(): boolean | undefined {
    if (this.absent()) return undefined;
    const token = this.byte();
    return token === TOKEN.true || (token === TOKEN.false ? false : this.damaged());
  }

  bytes(): Uint8Array {
    if (this.absent()) return this.damaged();
    const token = this.memory[this.at]!;
    const start = token >= TOKEN.bin8 && token <= TOKEN.bin32 ? this.part() : this.passText();
    return this.memory.subarray(start, this.at);
  }

  list<T>(layout: Layout<T>): T[] {
    if (this.absent()) return this.damaged();
    const values: T[] = [];
    for (let count = this.array(); count > 0; count--) values.push(this.fields(layout));
    return values;
  }

  // ------------------------------------------------------------- parts

  /** Whether the next field is not there; one that is there is counted as taken. */
  private absent(): boolean {
    if (this.left <= 0) return true;
    this.left--;
    if (this.memory[this.at] !== TOKEN.nil || this.at >= this.end) return false;
    this.at++;
    return true;
  }

  /** Passes one value, of whichever type. */
  private skip(): void {
    for (let pending = 1; pending > 0; pending--) {
      const token = this.memory[this.at]!;
      if ((token >= 0x90 && token < 0xa0) || token === TOKEN.array16 || token === TOKEN.array32)
        pending += this.array();
      else this.skipScalar();
    }
  }

  private skipScalar(): void {
    const token = this.byte();
    if (token < 0x80 || token === TOKEN.nil || token === TOKEN.false || token === TOKEN.true) return;
    if (token >= 0xa0 && token < 0xc0) this.take(token & 0x1f);
    else if (token === TOKEN.float64) this.take(8);
    else if (token >= TOKEN.uint8 && token <= TOKEN.uint64) this.take(1 << (token - TOKEN.uint8));
    else if (token >= TOKEN.str8 && token <= TOKEN.str32) this.take(this.uint(1 << (token - TOKEN.str8)));
    else if (token >= TOKEN.bin8 && token <= TOKEN.bin32) this.take(this.uint(1 << (token - TOKEN.bin8)));
    else this.damaged();
  }

  /** @returns where it begins; it ends at `position`. */
  private passText(): number {
    const token = this.byte();
    if (token >= 0xa0 && token < 0xc0) return this.take(token & 0x1f);
    if (token < TOKEN.str8 || token > TOKEN.str32) return this.damaged();
    return this.take(this.uint(1 << (token - TOKEN.str8)));
  }

  private uint(width: number): number {
    const start = this.take(width);
    let value = 0;
    for (let i = start; i < this.at; i++) value = value * 0x100 + this.memory[i]!;
    return value;
  }

  private byte(): number {
    if (this.at >= this.end) this.damaged();
    return this.memory[this.at++]!;
  }

  /** @returns where the bytes begin that were passed. */
  private take(length: number): number {
    const start = this.at;
    if (length > this.end - start) this.damaged();
    this.at = start + length;
    return start;
  }

  private damaged(): never {
    throw new DamagedError(`The bytes at ${this.at} are not what belongs there`);
  }

  private get dataView(): DataView {
    const { memory } = this;
    return (this.view ??= new DataView(memory.buffer, memory.byteOffset, memory.length));
  }
}
