import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { boxed, carried, HEAD } from '../../test/boxed.js';
import { Frame, KIND } from './codec.js';
import { DamagedError, type Layout, type Layouts } from './layout.js';

/** The fields of a hot pattern, one of each type. */
interface Note {
  readonly to: string;
  readonly id?: string;
  readonly at: number;
  readonly until?: number;
  readonly body: Uint8Array;
  readonly urgent: boolean;
  readonly silent?: boolean;
  readonly copies: readonly Copy[];
}

interface Copy {
  readonly to: string;
  readonly body: Uint8Array;
}

const copyLayout: Layout<Copy> = {
  fields: 2,
  write(out, { to, body }) {
    out.text(to);
    out.bytes(body);
  },
  read: (from) => ({ to: from.text(), body: from.bytes() }),
};

const noteLayout: Layout<Note> = {
  fields: 8,
  write(out, { to, id, at, until, body, urgent, silent, copies }) {
    out.text(to);
    out.text(id);
    out.number(at);
    out.number(until);
    out.bytes(body);
    out.flag(urgent);
    out.flag(silent);
    out.list(copyLayout, copies);
  },
  read: (from) => ({
    to: from.text(),
    id: from.maybeText(),
    at: from.number(),
    until: from.maybeNumber(),
    body: from.bytes(),
    urgent: from.flag(),
    silent: from.maybeFlag(),
    copies: from.list(copyLayout),
  }),
};

const NOTE = 'note';
const LAYOUTS: Layouts = { [NOTE]: { data: noteLayout, reply: noteLayout } };

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme', maxLength: 100 }));
const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(127, 128, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -0),
);
const bytes = fc.uint8Array({ maxLength: 300 }).map((one) => Buffer.from(one));
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });
const copies = fc.array(fc.record({ to: text, body: bytes }), { maxLength: 5 });
const note: fc.Arbitrary<Note> = fc.record({
  to: text,
  id: maybe(text),
  at: number,
  until: maybe(number),
  body: bytes,
  urgent: fc.boolean(),
  silent: maybe(fc.boolean()),
  copies,
});

describe('packets with a layout', () => {
  const carry = (value: Note, layout: Layout<Note>, readAs: Layout<unknown> = layout): unknown => {
    const { box } = boxed({ [NOTE]: { data: layout } });
    box.tell(NOTE, value, undefined);
    const frame = Frame.of(box.take(HEAD));
    frame?.next();
    return frame?.data(readAs);
  };

  test('come out as they would with field names', () => {
    fc.assert(
      fc.property(note, (one) => {
        // Field names carry an undefined one as such, and a layout as absent.
        expect(carry(one, noteLayout)).toEqual(carried(one));
      }),
    );
  });

  test.each([31, 32, 255, 256, 65_535, 65_536, 200_000])('of texts and bytes of %d', (size) => {
    const body = Buffer.alloc(size, 7);
    const one: Note = { to: 'x'.repeat(size), id: 'ü'.repeat(size), at: size, body, urgent: true, copies: [] };
    const found = carry(one, noteLayout) as Note;
    expect(body.equals(found.body)).toBe(true);
    expect({ ...found, body }).toEqual({ ...one, until: undefined, silent: undefined });
  });

  test('of a list longer than a short one', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => ({ to: `${i}`, body: Buffer.of(1) }));
    const one: Note = { to: '', at: 0, body: Buffer.of(), urgent: false, copies: many };
    expect((carry(one, noteLayout) as Note).copies).toEqual(many);
  });

  test('among others, asks and replies, in any order', () => {
    fc.assert(
      fc.property(fc.array(note, { maxLength: 8 }), fc.dictionary(text, text), (notes, other) => {
        const { box } = boxed(LAYOUTS);
        for (const [i, one] of notes.entries()) {
          box.ask(2 * i + 1, NOTE, one, undefined);
          box.tell('other', other, undefined);
          box.reply(2 * i + 2, one, noteLayout);
        }
        const frame = Frame.of(box.take(HEAD));
        const found: unknown[] = [];
        while (frame?.next()) found.push(frame.data(frame.kind === KIND.tell ? undefined : noteLayout));
        expect(found).toEqual(notes.flatMap((one) => [carried(one), carried(other), carried(one)]));
      }),
    );
  });

  /** As a later version of an app has it. */
  interface Later extends Note {
    readonly mood?: string;
    readonly tags?: readonly Copy[];
  }
  const laterLayout: Layout<Later> = {
    fields: 10,
    write(out, later) {
      noteLayout.write(out, later);
      out.text(later.mood);
      out.list(copyLayout, later.tags ?? []);
    },
    read: (from) => ({ ...noteLayout.read(from), mood: from.maybeText(), tags: [] }),
  };

  test('of a later version are read without what it has added', () => {
    fc.assert(
      fc.property(note, text, copies, (one, mood, tags) => {
        expect(carry({ ...one, mood, tags } as Note, laterLayout, noteLayout)).toEqual(carried(one));
      }),
    );
  });

  test('of an earlier version are read with what it lacks absent', () => {
    fc.assert(
      fc.property(note, (one) => {
        expect(carry(one, noteLayout, laterLayout)).toEqual({ ...(carried(one) as Note), mood: undefined, tags: [] });
      }),
    );
  });

  test('whose fields are others than expected are damaged', () => {
    const one: Note = { to: 'a', at: 1, body: Buffer.of(1), urgent: true, copies: [] };
    const lacking: Layout<Note> = { ...noteLayout, fields: 1, write: (out, { to }) => out.text(to) };
    const swapped: Layout<Note> = { ...noteLayout, fields: 1, write: (out, { at }) => out.number(at) };
    expect(() => carry(one, lacking, noteLayout)).toThrow(DamagedError);
    expect(() => carry(one, swapped, noteLayout)).toThrow(DamagedError);
  });
});
