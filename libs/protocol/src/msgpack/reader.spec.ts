import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { OPAQUE, Reader } from './reader.js';
import { clientText } from './client-bytes.js';
import { serverText } from './server-bytes.js';
import { hand, refusalOf } from './testing/by-hand.js';

/** A value of npm's msgpack-test-suite and every legal encoding of it, as `cf-00-…`. */
interface Vector {
  readonly msgpack: readonly string[];
  readonly number?: number;
  /** Where `number` is not exact. */
  readonly bignum?: string;
  readonly string?: string;
  readonly binary?: string;
  readonly nil?: null;
  readonly bool?: boolean;
  readonly array?: readonly unknown[];
  readonly map?: object;
  readonly timestamp?: unknown;
  readonly ext?: unknown;
}

const SUITE = createRequire(import.meta.url)('msgpack-test-suite') as Readonly<Record<string, readonly Vector[]>>;
const VECTORS = Object.values(SUITE).flat();
const each = VECTORS.flatMap((vector) => vector.msgpack.map((bytes): [string, Vector] => [bytes, vector]));
const read = <T>(bytes: Buffer, how: (reader: Reader) => T, text = serverText): T => {
  const reader = new Reader(bytes, text);
  const value = how(reader);
  reader.finish();
  return value;
};
const ofDashes = (dashes: string): Buffer => Buffer.from(dashes.replaceAll('-', ''), 'hex');

function expected(vector: Vector): unknown {
  for (const kind of ['nil', 'bool', 'string'] as const) if (kind in vector) return vector[kind];
  return 'bignum' in vector || 'number' in vector ? Number(vector.bignum ?? vector.number) : OPAQUE;
}

describe.each([
  ['a server', serverText],
  ['a client', clientText],
])('reading the vectors of msgpack-test-suite as %s does', (_, text) => {
  test('there are many of them', () => expect(each.length).toBeGreaterThan(200));

  test.each(each)('%s', (bytes, vector) => {
    expect(read(ofDashes(bytes), (reader) => reader.value(), text)).toEqual(expected(vector));
  });

  test.each(each)('%s as a user id', (bytes, vector) => {
    const value = read(ofDashes(bytes), (reader) => reader.userId(), text);
    const exact = 'number' in vector || 'bignum' in vector ? String(vector.bignum ?? vector.number) : undefined;
    const isFloat = /^c[ab]/.test(bytes);
    if (exact === undefined || exact.includes('.')) return expect(value).toEqual(expected(vector));
    // A float beyond 2^53 says no integer exactly, and what is beyond int64 is no user.
    if (isFloat && !Number.isSafeInteger(Number(exact))) return expect(typeof value).toBe('number');
    return expect(value).toBe(BigInt(exact) > 2n ** 63n - 1n ? OPAQUE : exact);
  });

  test.each(each)('%s is passed whole, and not when it is cut', (bytes) => {
    const whole = ofDashes(bytes);
    read(whole, (reader) => reader.skip(), text);
    for (let end = 0; end < whole.length; end++) {
      const cut = whole.subarray(0, end);
      for (const how of ['skip', 'value', 'userId'] as const) {
        expect(refusalOf(() => read(cut, (reader) => reader[how](), text)).code).toBe('WS_INVALID_MESSAGE');
      }
    }
  });

  test.each(VECTORS.filter((vector) => 'binary' in vector))('binary %j', ({ binary, msgpack }) => {
    for (const bytes of msgpack) {
      const whole = ofDashes(bytes);
      const reader = new Reader(whole, text);
      const length = reader.binary()!;
      reader.finish();
      expect(whole.subarray(reader.binaryStart, reader.binaryStart + length)).toEqual(ofDashes(binary!));
    }
  });

  test.each(VECTORS.filter((vector) => 'array' in vector || 'map' in vector))('sizes of %j', (vector) => {
    for (const bytes of vector.msgpack) {
      const reader = new Reader(ofDashes(bytes), text);
      // What it is not is not read.
      expect(vector.array ? reader.map() : reader.list()).toBeUndefined();
      const size = vector.array ? reader.list() : reader.map();
      expect(size).toBe(vector.array?.length ?? Object.keys(vector.map!).length);
    }
  });
});

describe('reading', () => {
  test.each([
    ['cf 7fffffffffffffff', '9223372036854775807'],
    ['d3 8000000000000000', '-9223372036854775808'],
    ['cf 0020000000000001', '9007199254740993'],
    ['cb 433fffffffffffff', '9007199254740991'],
    ['cb 8000000000000000', '0'],
    ['ca 4b800000', '16777216'],
    ['a5:alice', 'alice'],
    ['cf 8000000000000000', OPAQUE],
    ['cb 4340000000000000', 2 ** 53],
    ['cb 3ff8000000000000', 1.5],
    ['cb 7ff8000000000000', NaN],
    ['c4 01:7', OPAQUE],
    ['c0', null],
  ])('%s as a user id', (paper, userId) => {
    expect(read(hand(paper), (reader) => reader.userId())).toEqual(userId);
  });

  test.each(['a1 ff', 'a2 c3:(', 'a2 c0 af', 'a3 ed a0 80', 'd9 01 80', 'a4 f4 90 80 80'])(
    'refuses %s, which is no UTF-8',
    (paper) => {
      for (const text of [serverText, clientText])
        expect(refusalOf(() => read(hand(paper), (reader) => reader.value(), text)).code).toBe('WS_INVALID_MESSAGE');
    },
  );

  test('keeps a byte order mark and U+FFFD where they were sent', () => {
    for (const text of [serverText, clientText])
      expect(read(hand('a9 efbbbf:abc efbfbd'), (reader) => reader.value(), text)).toBe('\uFEFFabc\uFFFD');
  });

  test('refuses 0xc1 and what follows the end', () => {
    for (const how of ['skip', 'value', 'userId'] as const)
      expect(refusalOf(() => read(hand('c1'), (reader) => reader[how]())).code).toBe('WS_INVALID_MESSAGE');
    expect(refusalOf(() => read(hand('01 02'), (reader) => reader.value())).code).toBe('WS_INVALID_MESSAGE');
  });

  test.each(['dd ffffffff', 'df ffffffff', 'db ffffffff:x', 'c6 ffffffff', 'c9 ffffffff 01', 'dc ffff 01'])(
    'believes %s no further than there are bytes',
    (paper) => {
      for (const how of ['skip', 'value', 'list', 'map', 'binary'] as const) {
        const reader = new Reader(hand(paper), serverText);
        const act = () => (reader[how]() === undefined && how !== 'skip' ? reader.skip() : reader.damaged());
        expect(refusalOf(act).code).toBe('WS_INVALID_MESSAGE');
      }
    },
  );

  test('passes a million levels of nesting', () => {
    const deep = Buffer.alloc(1_000_001, 0x91);
    deep[1_000_000] = 0xc0;
    expect(read(deep, (reader) => reader.value())).toBe(OPAQUE);
    expect(refusalOf(() => read(deep.subarray(0, 1_000_000), (reader) => reader.value())).code).toBe(
      'WS_INVALID_MESSAGE',
    );
  });
});
