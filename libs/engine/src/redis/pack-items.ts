const ARRAY_32 = 0xdd;
const UINT_32 = 0xce;
const STR_32 = 0xdb;
/** Every header is a byte and 32 bits: a few bytes more on the wire, and nothing to choose by length. */
export const ITEM_HEADER = 5;
/** Most that one UTF-16 unit takes in UTF-8. */
const UTF8_MAX = 3;

/** Several Buffers: one text, in which each of them is a packed text behind the one before. */
export type Item = string | Buffer | number | readonly Buffer[];

/**
 * A MessagePack array for `cmsgpack.unpack` in a script. That reader knows no `bin`, so bytes travel as `str`, which in Lua is the same; numbers
 * are unsigned, 32 bits.
 */
export function packItems(items: readonly Item[]): Buffer {
  const packed = Buffer.allocUnsafe(longest(items));
  let at = header(packed, 0, ARRAY_32, items.length);
  for (const item of items) at = write(packed, at, item);
  return packed.subarray(0, at);
}

function longest(items: readonly Item[]): number {
  let size = ITEM_HEADER;
  for (const item of items) {
    size += ITEM_HEADER;
    if (typeof item === 'string') size += item.length * UTF8_MAX;
    else if (Array.isArray(item)) size += longest(item);
    else if (typeof item !== 'number') size += item.length;
  }
  return size;
}

function write(packed: Buffer, at: number, item: Item): number {
  if (typeof item === 'number') return header(packed, at, UINT_32, item);
  const start = at + ITEM_HEADER;
  const length = writeText(packed, start, item);
  header(packed, at, STR_32, length);
  return start + length;
}

function writeText(packed: Buffer, start: number, text: Exclude<Item, number>): number {
  if (typeof text === 'string') return packed.write(text, start);
  if (text instanceof Buffer) return text.copy(packed, start);
  let at = start;
  for (const one of text) at = write(packed, at, one);
  return at - start;
}

function header(packed: Buffer, at: number, kind: number, value: number): number {
  packed[at] = kind;
  packed[at + 1] = value >>> 24;
  packed[at + 2] = value >>> 16;
  packed[at + 3] = value >>> 8;
  packed[at + 4] = value;
  return at + ITEM_HEADER;
}
