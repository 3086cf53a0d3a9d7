import { expect, it } from '@jest/globals';
import { unpack } from 'msgpackr';
import { packItems } from './pack-items.js';

const read = (packed: Buffer): unknown => unpack(packed);

it('packs texts, bytes and numbers as one array', () => {
  expect(read(packItems(['presence:alice', 2, '', 4_294_967_295, 'grüße 🦊']))).toEqual([
    'presence:alice',
    2,
    '',
    4_294_967_295,
    'grüße 🦊',
  ]);
});

it('packs bytes as they are, as a str', () => {
  const body = Buffer.from([1, 0, 0x93, 0xff, 0xfe]);
  const packed = packItems([body, 7]);
  expect(packed[5]).toBe(0xdb);
  expect(packed.subarray(10, 15)).toEqual(body);
});

it('packs what is longer than 64 KiB, and nothing', () => {
  const long = 'x'.repeat(70_000);
  expect(read(packItems([long]))).toEqual([long]);
  expect(read(packItems([]))).toEqual([]);
});
