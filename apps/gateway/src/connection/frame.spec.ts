import { expect, test } from '@jest/globals';
import type { Writable } from 'node:stream';
import * as ws from 'ws';
import { encodeFrame } from './frame.js';

/** The library's own parser; its types leave it out. */
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };

/** What a client's own parser makes of the bytes. */
function parse(bytes: Buffer): { data: Buffer; binary: boolean } {
  const receiver = new Receiver({ isServer: false });
  let seen: { data: Buffer; binary: boolean } | undefined;
  receiver.on('message', (data: Buffer, binary: boolean) => (seen = { data, binary }));
  receiver.write(bytes);
  if (!seen) throw new Error('no message');
  return seen;
}

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000])(
  'a payload of %d bytes is read back as it was',
  (length) => {
    const text = 'é'.repeat(length / 2) + (length % 2 ? 'x' : '');
    const bytes = Buffer.alloc(length, 7);
    for (const [payload, binary] of [
      [text, false],
      [bytes, true],
    ] as const) {
      const seen = parse(encodeFrame(payload, binary));
      expect([seen.data.equals(Buffer.from(payload)), seen.binary]).toEqual([true, binary]);
    }
  },
);
