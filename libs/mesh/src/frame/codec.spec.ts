import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { boxed, carried, HEAD, msgpackr } from '../../test/boxed.js';
import { Frame, KIND } from './codec.js';
import { DamagedError, type Layout } from './layout.js';
import type { Outbox } from './outbox.js';

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

function fill(box: Outbox, steps: readonly Step[]): void {
  for (const [i, one] of steps.entries()) {
    if (one.do === 'tell') box.tell(one.pattern, one.data, one.trace);
    else if (one.do === 'ask') box.ask(i + 1, one.pattern, one.data, one.trace);
    else if (one.do === 'reply') box.reply(i + 1, one.data, undefined);
    else if (one.do === 'failure') box.failure(i + 1, [one.code, 'why', one.retry]);
    else box.refusal(i + 1);
  }
}

const pack = (steps: readonly Step[]): Buffer => {
  const { box } = boxed();
  fill(box, steps);
  return box.take(HEAD);
};

function expected(steps: readonly Step[]): unknown[] {
  return steps.map((one, i) => {
    const correlation = one.do === 'tell' ? 0 : i + 1;
    if (one.do === 'refusal') return { kind: KIND.refusal, correlation };
    if (one.do === 'failure') {
      return { kind: KIND.failure, correlation, data: carried([one.code, 'why', one.retry]) };
    }
    const value = carried(one.data);
    if (one.do === 'reply') return { kind: KIND.reply, correlation, data: value };
    return { kind: KIND[one.do], correlation, pattern: one.pattern, trace: carriedText(one.trace), data: value };
  });
}

/** Lone surrogates become U+FFFD, as in every UTF-8. */
const carriedText = (value: string | undefined): string | undefined => value && Buffer.from(value).toString();

function packets(frame: Frame | undefined): unknown[] {
  const found: unknown[] = [];
  while (frame?.next()) {
    const { kind, correlation } = frame;
    if (kind === KIND.refusal) found.push({ kind, correlation });
    else if (kind > KIND.ask) found.push({ kind, correlation, data: frame.data(undefined) });
    else found.push({ kind, correlation, ...requested(frame) });
  }
  return found;
}

const requested = (frame: Frame): object => ({
  pattern: frame.head.patterns[frame.pattern],
  trace: frame.trace,
  data: frame.data(undefined),
});

/** Wants bytes where they may be missing. */
const odd: Layout<{ readonly body: Uint8Array }> = {
  fields: 1,
  write: (out, { body }) => out.bytes(body),
  read: (from) => ({ body: from.bytes() }),
};

describe('frames', () => {
  test('come out as they went in', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const frame = Frame.of(pack(steps));
        expect(frame?.head).toMatchObject({ ...HEAD, forIncarnation: '' });
        expect(packets(frame)).toEqual(expected(steps));
      }),
    );
  });

  test('say whom their replies are for', () => {
    const { box } = boxed();
    box.forIncarnation = 'f';
    box.reply(1, 'yes', undefined);
    expect(Frame.of(box.take(HEAD))?.head.forIncarnation).toBe('f');
    expect(box.forIncarnation).toBe('');
  });

  test('that would be too large are cut between packets, in order; one large packet goes alone', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 60 }), fc.integer({ min: 1, max: 500 }), (steps, max) => {
        const { box, frames } = boxed({}, max);
        fill(box, steps);
        const all = [...frames, box.take(HEAD)].map((one) => packets(Frame.of(one)));
        expect(all.flat()).toEqual(expected(steps));
        expect(all.every((some) => some.length > 0)).toBe(true);
      }),
    );
  });

  test('that are not frames are seen as such, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        expect(Frame.of(Buffer.from(any))).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
    expect(Frame.of(Buffer.from(msgpackr.pack([1, 'gateway:g', 'i', '', [], []])))).toBeUndefined();
  });

  test('with a byte changed or cut off never throw but for the data of a packet', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), fc.nat(), fc.nat(255), (steps, at, byte) => {
        const whole = pack(steps);
        const bent = Buffer.from(whole);
        bent[at % bent.length] = byte;
        for (const frame of [Frame.of(bent), Frame.of(whole.subarray(0, at % whole.length))]) {
          while (frame?.next()) expect(() => read(frame)).not.toThrow();
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('leave out what cannot be packed, and go on', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    const { box, unpackable } = boxed({ odd: { data: odd } });
    box.tell('p', { n: 1 }, undefined);
    box.ask(7, 'p', circle, undefined);
    box.tell('odd', { to: 'no more' }, undefined);
    box.tell('p', { n: 2 }, undefined);
    expect(unpackable).toMatchObject([{ kind: KIND.ask, correlation: 7 }, { kind: KIND.tell }]);
    expect(box.packets).toBe(2);
    expect(packets(Frame.of(box.take(HEAD)))).toMatchObject([{ data: { n: 1 } }, { data: { n: 2 } }]);
  });
});

/** The data, if it is whole. */
function read(frame: Frame): unknown {
  try {
    if (frame.kind === KIND.failure) return frame.failure;
    return frame.kind === KIND.announcement ? frame.announcement : frame.data(odd);
  } catch (error) {
    if (error instanceof DamagedError) return undefined;
    throw error;
  }
}
