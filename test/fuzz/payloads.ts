import * as fc from 'fast-check';
import { pack } from 'msgpackr';
import { COMMANDS, VALUES, type Values } from '../asyncapi/samples.js';
import { Random, mutate } from './random.js';

const GOOD = Object.values(COMMANDS).flat() as unknown as readonly Values[];

/** Nobody whom a good client could be. */
const value = fc.oneof(fc.constantFrom(...VALUES), fc.jsonValue({ maxDepth: 3 }), fc.double(), fc.string());

/** A good command, or one with a field changed, taken away or added. */
const command: fc.Arbitrary<Values> = fc
  .tuple(fc.constantFrom(...GOOD), fc.nat(20), value, fc.nat(3))
  .map(([good, at, other, how]) => {
    const names = [...Object.keys(good), 'more'];
    return how === 0 ? good : { ...good, [names[at % names.length]!]: other };
  });

const mutated = (whole: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc.tuple(whole, fc.nat()).map(([bytes, seed]) => mutate(bytes, new Random(seed)));

const jsonCommand = command.map((fields) => Buffer.from(JSON.stringify(fields)));

/** What may come as a JSON frame. */
export const jsonPayload: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 5, arbitrary: jsonCommand },
  { weight: 3, arbitrary: mutated(jsonCommand) },
  { weight: 1, arbitrary: fc.json().map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.nat(2_000).map((depth) => Buffer.from('{"a":['.repeat(depth))) },
);

const NUMBERS = new Map<unknown, number>(
  ['auth', 'message', 'ack', 'sync', 'presence', 'ping', 'subscribe', 'unsubscribe', 'watch', 'unwatch', 'status']
    .concat('conversations')
    .map((name, i) => [name, i + 1]),
);

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const packedCommand = fc.tuple(command, fc.nat(20)).map(([{ type, ref, ...fields }, odd]) => {
  const named = Object.entries(fields).map(([name, field]) => [name === 'kind' ? 'type' : snakeCase(name), field]);
  const payload = pack(Object.fromEntries(named));
  return pack({ type: NUMBERS.get(type) ?? type, seq: ref ?? 1, payload: odd === 0 ? fields : payload });
});

/** Headers that promise more than there is, and nesting without an end. */
const liesInMessagePack = fc
  .tuple(
    fc.constantFrom(0xc4, 0xc5, 0xc6, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xc7, 0xc9, 0x91, 0x81),
    fc.nat(2_000),
  )
  .map(([token, times]) =>
    token === 0x91 || token === 0x81
      ? Buffer.alloc(times, token)
      : Buffer.from([0x83, token, 0xff, 0xff, 0xff, 0xff, 0xff]),
  );

/** What may come as a MessagePack frame. */
export const packedPayload: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 5, arbitrary: packedCommand },
  { weight: 4, arbitrary: mutated(packedCommand) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: liesInMessagePack },
);
