import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { messageEvent, packBody, unpackBody } from '../index.js';
import type { MessageBody } from '../index.js';

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme', maxLength: 300 }));
const maybe = fc.option(text, { nil: undefined });
const bodies = fc.record({
  from: text,
  to: maybe,
  conversation: maybe,
  kind: fc.oneof(fc.constant('text'), text),
  content: text,
  id: maybe,
});

describe('a packed body', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        expect(unpackBody(packBody(body))).toEqual(body);
        expect(unpackBody(new Uint8Array(packBody(body)))).toEqual(body);
      }),
      { numRuns: 1000 },
    );
  });

  test('is not changed by packing others after it', () => {
    fc.assert(
      fc.property(fc.array(bodies, { minLength: 2, maxLength: 50 }), (all) => {
        expect(all.map(packBody).map(unpackBody)).toEqual(all);
      }),
    );
  });

  test('holds a mebibyte of content', () => {
    const body: MessageBody = { from: 'a', to: 'b', kind: 'text', content: 'ü'.repeat(1 << 20) };
    expect(unpackBody(packBody(body))).toEqual(body);
  });

  test('costs six bytes beside its texts, in the commonest case', () => {
    expect([...packBody({ from: 'al', to: 'bo', kind: 'text', content: 'hi' })]).toEqual([
      1, 0x93, 0xa2, 97, 108, 0xa2, 98, 111, 0xa2, 104, 105,
    ]);
  });

  test('of a version from the future is refused, and so are bytes that are none', () => {
    const packed = packBody({ from: 'a', to: 'b', kind: 'text', content: 'c' });
    packed[0] = 9;
    expect(() => unpackBody(packed)).toThrow('message body of unknown version 9');
    expect(() => unpackBody(new Uint8Array())).toThrow('unknown version undefined');
    expect(() => unpackBody(Uint8Array.of(1, 0x90))).toThrow('damaged');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        try {
          unpackBody(Uint8Array.of(1, ...bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });

  test('becomes the event that brings it to its recipient', () => {
    const body: MessageBody = { from: 'alice', to: 'bob', kind: 'text', content: 'hi', id: 'm1' };
    expect(messageEvent({ messageId: 3, timestamp: 7, body: packBody(body) })).toEqual({
      type: 'message',
      messageId: 3,
      timestamp: 7,
      ...body,
    });
  });
});
