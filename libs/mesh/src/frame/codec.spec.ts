import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeFrame, encodeFrame, lengthOf } from './codec.js';
import { Outbox } from './outbox.js';

type Step =
  | {
      readonly do: 'tell' | 'ask';
      readonly pattern: string;
      readonly data: unknown;
      readonly trace: string | undefined;
    }
  | { readonly do: 'reply'; readonly data: unknown }
  | { readonly do: 'failure'; readonly code: string; readonly retry: number | null }
  | { readonly do: 'refusal' };

const key = fc.constantFrom('to', 'from', 'id', 'body', 'n', 'flag', 'list', 'nothing');
const scalar = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.constantFrom(2 ** 40, 2 ** 53 - 1, 64, 127, 128, -1, 0.5, 1.7e12),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
);
const data = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 5 }),
  fc.dictionary(key, scalar),
  fc.dictionary(key, fc.dictionary(key, scalar)),
);
const pattern = fc.constantFrom('inbox.send', 'inbox.ack', 'session.deliver', 'é');
const trace = fc.option(fc.string(), { nil: undefined });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('tell' as const, 'ask' as const), pattern, data, trace }),
  fc.record({ do: fc.constant('reply' as const), data }),
  fc.record({ do: fc.constant('failure' as const), code: fc.string(), retry: fc.option(fc.nat()) }),
  fc.constant({ do: 'refusal' as const }),
);

function fill(box: Outbox, steps: readonly Step[]): Outbox {
  for (const [i, one] of steps.entries()) {
    if (one.do === 'tell') box.tell(one.pattern, one.data, one.trace);
    else if (one.do === 'ask') box.ask(i, one.pattern, one.data, one.trace);
    else if (one.do === 'reply') box.reply(i, one.data);
    else if (one.do === 'failure') box.failure(i, [one.code, 'why', one.retry]);
    else box.refusal(i);
  }
  return box;
}

const pack = ({ patterns, ops, packets }: Outbox): Buffer =>
  encodeFrame({ from: 'gateway:g', incarnation: 'i', forIncarnation: 'f', patterns, ops }, packets);

/** Where the last packet ends. */
function endOf(ops: readonly unknown[]): number {
  let end = 0;
  while (end < ops.length) end += lengthOf(ops[end] as number);
  return end;
}

/** Objects of the decoder have other prototypes than literals; compare by content. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('frames', () => {
  test('come out as they went in, few packets or many', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const box = fill(new Outbox('a'), steps);
        const frame = decodeFrame(pack(box));
        expect(frame).toMatchObject({ from: 'gateway:g', incarnation: 'i', forIncarnation: 'f' });
        expect(frame?.patterns).toEqual(box.patterns);
        expect(plain(frame?.ops)).toEqual(plain(box.ops));
      }),
    );
  });

  test('in halves hold the same packets in the same order', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 60 }), (steps) => {
        const box = fill(new Outbox('a'), steps);
        const [head, tail] = box.halves();
        expect([...head.ops, ...tail.ops]).toEqual(box.ops);
        expect(head.packets + tail.packets).toBe(box.packets);
        expect(Math.abs(head.packets - tail.packets)).toBeLessThanOrEqual(1);
        for (const half of [head, tail]) expect(decodeFrame(pack(half))?.ops.length).toBe(half.ops.length);
      }),
    );
  });

  test('name each field once when there are many packets', () => {
    const box = new Outbox('a');
    for (let i = 0; i < 100; i++) box.tell('p', { recipientOfTheMessage: i }, undefined);
    expect(pack(box).toString('latin1').split('recipientOfTheMessage')).toHaveLength(2);
  });

  test('that are not frames are seen as such, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const frame = decodeFrame(Buffer.from(bytes));
        if (frame) expect(frame.ops.every((_, i) => i >= 0)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('with a byte changed or cut off never throw, and what is taken is whole', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), fc.nat(), fc.nat(255), (steps, at, byte) => {
        const bytes = pack(fill(new Outbox('a'), steps));
        const bent = Buffer.from(bytes);
        bent[at % bent.length] = byte;
        for (const frame of [decodeFrame(bent), decodeFrame(bytes.subarray(0, at % bytes.length))]) {
          expect(frame ? endOf(frame.ops) : 0).toBe(frame?.ops.length ?? 0);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('can be packed after one that could not', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    for (const many of [1, 50]) {
      const bad = new Outbox('a');
      for (let i = 0; i < many; i++) bad.tell('p', circle, undefined);
      expect(() => pack(bad)).toThrow();
      const good = new Outbox('a');
      for (let i = 0; i < many; i++) good.tell('p', { n: i }, undefined);
      expect(plain(decodeFrame(pack(good))?.ops)).toEqual(plain(good.ops));
    }
  });
});
