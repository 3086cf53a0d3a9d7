/** First bytes of MessagePack values, those of the fix formats excepted. */
export const TOKEN = {
  nil: 0xc0,
  false: 0xc2,
  true: 0xc3,
  bin8: 0xc4,
  bin16: 0xc5,
  bin32: 0xc6,
  float32: 0xca,
  float64: 0xcb,
  uint8: 0xcc,
  uint16: 0xcd,
  uint32: 0xce,
  uint64: 0xcf,
  int8: 0xd0,
  int16: 0xd1,
  int32: 0xd2,
  int64: 0xd3,
  str8: 0xd9,
  str16: 0xda,
  str32: 0xdb,
  array16: 0xdc,
  map16: 0xde,
} as const;

export const isSmallInteger = (token: number): boolean => token < 0x80 || token >= 0xe0;

/** Bytes behind a token whose value has always as many. fixext: the extension's type besides. */
export const FIXED: readonly (number | undefined)[] = sparse({
  [TOKEN.nil]: 0,
  [TOKEN.false]: 0,
  [TOKEN.true]: 0,
  [TOKEN.float32]: 4,
  [TOKEN.float64]: 8,
  [TOKEN.uint8]: 1,
  [TOKEN.uint16]: 2,
  [TOKEN.uint32]: 4,
  [TOKEN.uint64]: 8,
  [TOKEN.int8]: 1,
  [TOKEN.int16]: 2,
  [TOKEN.int32]: 4,
  [TOKEN.int64]: 8,
  0xd4: 2,
  0xd5: 3,
  0xd6: 5,
  0xd7: 9,
  0xd8: 17,
});

interface Prefixed {
  /** Bytes of the length behind the token. */
  readonly width: number;
  /** Bytes besides those that the length counts. */
  readonly more: number;
  /** Where the length counts values: how many for each. */
  readonly each?: number;
}

/** Tokens that a length follows. */
export const PREFIXED: readonly (Prefixed | undefined)[] = sparse({
  [TOKEN.bin8]: { width: 1, more: 0 },
  [TOKEN.bin16]: { width: 2, more: 0 },
  [TOKEN.bin32]: { width: 4, more: 0 },
  0xc7: { width: 1, more: 1 },
  0xc8: { width: 2, more: 1 },
  0xc9: { width: 4, more: 1 },
  [TOKEN.str8]: { width: 1, more: 0 },
  [TOKEN.str16]: { width: 2, more: 0 },
  [TOKEN.str32]: { width: 4, more: 0 },
  [TOKEN.array16]: { width: 2, more: 0, each: 1 },
  0xdd: { width: 4, more: 0, each: 1 },
  [TOKEN.map16]: { width: 2, more: 0, each: 2 },
  0xdf: { width: 4, more: 0, each: 2 },
});

function sparse<T>(entries: Readonly<Record<number, T>>): (T | undefined)[] {
  return Array.from({ length: 0x100 }, (_, token) => entries[token]);
}
