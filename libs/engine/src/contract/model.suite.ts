import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Engine, NewEntry } from '../port.js';
import { bodies, entry, ids, inbox, type EngineHarness } from './harness.js';

/** What a log is: an array, what has been seen, and how far each reader is. */
class LogModel {
  readonly texts: string[] = [];
  private readonly seen = new Map<string, number>();
  private readonly cursors = new Map<string, number>();

  append(entries: readonly NewEntry[]): { messageId: number; duplicate: boolean }[] {
    return entries.map(({ body, idempotency }) => {
      const key = idempotency && `${idempotency.sender} ${idempotency.id}`;
      const known = key === undefined ? undefined : this.seen.get(key);
      if (known !== undefined) return { messageId: known, duplicate: true };
      const messageId = this.texts.push(body.toString());
      if (key !== undefined) this.seen.set(key, messageId);
      return { messageId, duplicate: false };
    });
  }

  acknowledge(device: string | undefined, messageId: number): number {
    const to = Math.min(messageId, this.texts.length);
    for (const reader of ['owner', device]) {
      if (reader !== undefined) this.cursors.set(reader, Math.max(to, this.cursors.get(reader) ?? 0));
    }
    return this.cursors.get('owner') ?? 0;
  }

  cursor(device: string | undefined): number {
    const own = device === undefined ? 0 : (this.cursors.get(device) ?? 0);
    return own > 0 ? own : (this.cursors.get('owner') ?? 0);
  }
}

type Step =
  | { readonly do: 'append'; readonly batches: readonly (readonly NewEntry[])[] }
  | { readonly do: 'read'; readonly after: number; readonly limit: number }
  | { readonly do: 'open'; readonly device?: string; readonly limit: number }
  | { readonly do: 'acknowledge'; readonly device?: string; readonly messageId: number };

const small = fc.integer({ min: 0, max: 30 });
const cursor = fc.oneof({ weight: 3, arbitrary: small }, fc.integer({ min: 0, max: 120 }));
const limit = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 8 }) }, fc.integer({ min: 1, max: 100 }));
const device = fc.constantFrom('phone', 'laptop', undefined);
const newEntry = fc
  .record({
    text: fc.string(),
    sender: fc.constantFrom('bob', 'carol'),
    id: fc.option(fc.constantFrom('1', '2', '3', '4', '5')),
  })
  .map(({ text, sender, id }) => entry(text, sender, id ?? undefined));
/** More than what an engine might keep in one piece. */
const many = fc
  .integer({ min: 30, max: 90 })
  .map((size) => [Array.from({ length: size }, (_, i) => entry(`many ${i}`))]);
const batches = fc.array(fc.array(newEntry, { maxLength: 6 }), { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: batches.map((of) => ({ do: 'append' as const, batches: of })) },
  many.map((of) => ({ do: 'append' as const, batches: of })),
  fc.record({ do: fc.constant('read' as const), after: cursor, limit }),
  fc.record({ do: fc.constant('open' as const), device, limit }),
  fc.record({ do: fc.constant('acknowledge' as const), device, messageId: small }),
);

/** Random appends (several in one turn, with repetitions), reads and acknowledgements, against the model. A failing seed is printed by fast-check. */
export function modelSuite(harness: EngineHarness): void {
  describe('a log against its model', () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await harness.start();
    });

    it('gives the same answers to any sequence of calls', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const log = inbox('model');
          const model = new LogModel();
          const { epoch } = await engine.log.open(log, { limit: 1 });
          const perform = async (one: Step): Promise<void> => {
            if (one.do === 'append') {
              const results = await Promise.all(one.batches.map((batch) => engine.log.append(log, batch)));
              for (const [i, batch] of one.batches.entries()) {
                expect(results[i]).toMatchObject({ epoch, appended: model.append(batch) });
              }
            } else if (one.do === 'acknowledge') {
              const expected = model.acknowledge(one.device, one.messageId);
              expect((await engine.log.acknowledge(log, { ...one, epoch, status: 'delivered' })).delivered).toBe(
                expected,
              );
            } else {
              const after = one.do === 'read' ? one.after : model.cursor(one.device);
              const page = one.do === 'read' ? engine.log.read(log, after, one.limit) : engine.log.open(log, one);
              const { entries, lastMessageId } = await page;
              expect(lastMessageId).toBe(model.texts.length);
              expect(bodies(entries)).toEqual(model.texts.slice(after, after + one.limit));
              expect(ids(entries)).toEqual(entries.map((_, i) => after + 1 + i));
            }
          };
          for (const one of steps) await perform(one);
        }),
        { numRuns: 60 },
      );
    });
  });
}
