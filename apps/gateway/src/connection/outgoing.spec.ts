import { expect, test } from '@jest/globals';
import { jsonCodec } from '#protocol';
import { entryOf } from '../testing/entry.js';
import { Delivery } from './outgoing.js';

const body = { from: 'a', to: 'b', kind: 'text', content: 'x' };

test('a message to several sessions is encoded once: they send the same bytes', () => {
  const [entry] = new Delivery('e', [entryOf(7, body)]).entries;
  expect(entry!.frame(jsonCodec)).toBe(entry!.frame(jsonCodec));
});

test('an ephemeral message has no messageId', () => {
  const delivery = new Delivery('', [{ ...entryOf(1, body), messageId: 0 }]);
  expect(delivery.newest).toBe(0);
  expect(delivery.entries[0]!.frame(jsonCodec).toString()).not.toContain('messageId');
});

test('a delivery knows its newest id', () => {
  expect(new Delivery('e', [entryOf(3, body), entryOf(5, body)]).newest).toBe(5);
});
