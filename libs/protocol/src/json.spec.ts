import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ProtocolError, jsonCodec } from '../index.js';

const decode = (text: string) => jsonCodec.decode(Buffer.from(text));

function refusal(act: () => unknown): ProtocolError {
  try {
    act();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

const INVALID = { code: 'WS_INVALID_MESSAGE', message: 'Invalid message format' };
const UNKNOWN = { code: 'WS_INVALID_MESSAGE', message: 'Unknown message type' };

describe('decoding a JSON frame', () => {
  test('gives type, ref and all fields', () => {
    expect(decode('{"type":"message","ref":7,"to":"bob","content":"Hello!"}')).toEqual({
      type: 'message',
      ref: 7,
      fields: { type: 'message', ref: 7, to: 'bob', content: 'Hello!' },
    });
    expect(decode('{"type":"ping"}')).toEqual({ type: 'ping', fields: { type: 'ping' } });
  });

  test.each([
    '',
    ' ',
    'hello',
    '{',
    '{"type":"ping"',
    "{'type':'ping'}",
    '[]',
    '[{"type":"ping"}]',
    'null',
    '7',
    '"ping"',
    'true',
  ])('refuses %j as no message format', (text) => expect(refusal(() => decode(text))).toMatchObject(INVALID));

  test.each(['{}', '{"type":null}', '{"type":1}', '{"type":["ping"]}', '{"type":{}}', '{"__proto__":{"type":"ping"}}'])(
    'refuses %j as of unknown type',
    (text) => expect(refusal(() => decode(text))).toMatchObject(UNKNOWN),
  );

  test('lets the answer to a frame without type carry its ref', () => {
    expect(refusal(() => decode('{"ref":"a"}')).ref).toBe('a');
  });

  test.each(['null', 'true', '{}', '[]', '1e400', '9007199254740993', `"${'x'.repeat(65)}"`])(
    'refuses %s as ref, naming the field',
    (ref) => {
      const error = refusal(() => decode(`{"type":"ping","ref":${ref}}`));
      expect(error).toMatchObject({ code: 'WS_INVALID_PAYLOAD', ref: undefined });
      expect(error.message).toMatch(/^ref must be a string of at most 64 characters or a number/);
    },
  );

  test.each(['""', '0', '-1', '1.5', '9007199254740991', `"${'x'.repeat(64)}"`, `"${'😀'.repeat(64)}"`])(
    'takes %s as ref',
    (ref) => {
      expect(decode(`{"type":"ping","ref":${ref}}`).ref).toEqual(JSON.parse(ref));
    },
  );

  test('refuses bytes that are not UTF-8, and takes an honest U+FFFD', () => {
    const frame = (bytes: number[]) => Buffer.concat([Buffer.from('{"type":"'), Buffer.from(bytes), Buffer.from('"}')]);
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
      expect(refusal(() => jsonCodec.decode(frame(bytes)))).toMatchObject(INVALID);
    }
    expect(jsonCodec.decode(frame([0xef, 0xbf, 0xbd])).type).toBe('\uFFFD');
  });

  test('leaves prototypes alone', () => {
    const { fields } = decode('{"type":"ping","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    const copy: Record<string, unknown> = Object.assign({}, fields);
    expect(copy['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('survives nesting as deep as a frame can be', () => {
    expect(refusal(() => decode('['.repeat(1 << 20)))).toMatchObject(INVALID);
    expect(decode(`{"type":"ping","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`).type).toBe('ping');
  });

  test('whatever the bytes: a command or a ProtocolError, nothing else', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '"type"',
      ':',
      '"ping"',
      ',',
      '"ref"',
      '[',
      ']',
      'null',
      '1',
      '\\u0000',
      '"__proto__"',
      '😀',
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array)),
      fc.json().map((text) => Buffer.from(text)),
      fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join(''))),
      fc.record({ type: fc.anything(), ref: fc.anything() }).map((frame) => Buffer.from(JSON.stringify(frame) ?? '')),
    );
    fc.assert(
      fc.property(bytes, (frame) => {
        try {
          const command = jsonCodec.decode(frame);
          expect(typeof command.type).toBe('string');
          expect(['undefined', 'string', 'number']).toContain(typeof command.ref);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('decodes what any JSON encoder made, field by field', () => {
    const commands = fc.record({
      type: fc.string({ unit: 'grapheme' }),
      content: fc.string({ unit: 'binary' }),
      n: fc.integer(),
    });
    fc.assert(
      fc.property(commands, (fields) => {
        const frame = Buffer.from(JSON.stringify(fields));
        expect(jsonCodec.decode(frame)).toEqual({ type: fields.type, fields });
      }),
    );
  });
});
