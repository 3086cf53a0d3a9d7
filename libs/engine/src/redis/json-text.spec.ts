import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonText } from './json-text.js';

test('writes a text as JSON does, whatever is in it', () => {
  const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 });
  const odd = units.map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), odd), (text) => {
      expect(jsonText(text)).toBe(JSON.stringify(text));
    }),
    { numRuns: 2_000 },
  );
});

test.each(['', 'alice', 'grüße 🦊', '"', '\\', '\u0000', '\u001f', '\u007f', '\u2028', '\ud83e', '\udd8a'])(
  '%j',
  (text) => {
    expect(jsonText(text)).toBe(JSON.stringify(text));
  },
);
