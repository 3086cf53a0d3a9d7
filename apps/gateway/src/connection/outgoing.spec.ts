import { expect, test } from '@jest/globals';
import { jsonCodec, msgpackCodec, type Codec } from '#protocol';
import { entryOf } from '../testing/entry.js';
import { Announcement, Delivery } from './outgoing.js';

const body = { from: 'a', to: 'b', kind: 'text', content: 'x' };

/** The codec, and how often it has encoded. */
function counting(codec: Codec): Codec & { encoded: number } {
  const counted = {
    ...codec,
    encoded: 0,
    encode: (event: Parameters<Codec['encode']>[0]) => {
      counted.encoded++;
      return codec.encode(event);
    },
  };
  return counted;
}

test.each([
  ['a message', () => new Delivery('e', [entryOf(7, body)]).entries[0]!],
  ['an announcement', () => new Announcement({ type: 'presence', userId: 'a', status: 'away' })],
])('%s to many sessions is encoded once per codec: they send the same bytes', (_, make) => {
  const shared = make();
  for (const codec of [counting(jsonCodec), counting(msgpackCodec)]) {
    const frames = new Set(Array.from({ length: 1000 }, () => shared.frame(codec)));
    expect([frames.size, codec.encoded]).toEqual([1, 1]);
  }
  expect(shared.frame(jsonCodec)[0]).toBe(0x81);
  expect(shared.frame(msgpackCodec)[0]).toBe(0x82);
});

test('an ephemeral message has no messageId', () => {
  const delivery = new Delivery('', [{ ...entryOf(1, body), messageId: 0 }]);
  expect(delivery.newest).toBe(0);
  expect(delivery.entries[0]!.frame(jsonCodec).toString()).not.toContain('messageId');
});

test('a delivery knows its newest id', () => {
  expect(new Delivery('e', [entryOf(3, body), entryOf(5, body)]).newest).toBe(5);
});
