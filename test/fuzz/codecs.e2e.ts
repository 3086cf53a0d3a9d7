import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ProtocolError, jsonCodec, msgpackCodec, type Codec, type CommandType } from '#protocol';
import { fcOptions } from '#testing';
import { BUILT_IN } from '../../apps/gateway/src/handlers/index.js';
import { checkerOf } from '../asyncapi/gateway-rules.js';
import { jsonPayload, packedPayload } from './payloads.js';

const CHECKERS = new Map(Object.keys(BUILT_IN).map((type) => [type, checkerOf(type as CommandType)]));

/** Decoding and checking, as far as it goes; false: refused. */
function take(codec: Codec, frame: Buffer): boolean {
  try {
    const { type, fields } = codec.decode(frame);
    expect(typeof type).toBe('string');
    expect([Object.prototype, null]).toContain(Object.getPrototypeOf(fields));
    CHECKERS.get(type)?.(fields);
    return true;
  } catch (error) {
    // Whatever else is thrown would be an internal error.
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

describe.each([
  ['JSON', jsonCodec, jsonPayload],
  ['MessagePack', msgpackCodec, packedPayload],
] as const)('%s', (_, codec, payload) => {
  test('any bytes are a command or a protocol error, and change nothing but themselves', () => {
    let taken = 0;
    let refused = 0;
    fc.assert(
      fc.property(payload, (frame) => {
        const before = Buffer.from(frame);
        if (take(codec, frame)) taken++;
        else refused++;
        expect(frame.equals(before)).toBe(true);
        expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined();
      }),
      fcOptions({ numRuns: 20_000 }),
    );
    // It is worth nothing if all are of one sort.
    expect(Math.min(taken, refused)).toBeGreaterThan((taken + refused) / 20);
  }, 120_000);
});
