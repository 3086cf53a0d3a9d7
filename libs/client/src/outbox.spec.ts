import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Outbox } from './outbox.js';
import type { Outgoing } from './outbox.js';

const message = (ref: number): Outgoing => ({
  ref,
  command: { type: 'message', ref, to: 'bob', content: '', id: `m${ref}` },
  settled: () => {},
  accepted: () => {},
  failed: () => {},
});

const refs = (messages: Outgoing[]) => messages.map(({ ref }) => ref);

describe('the outbox', () => {
  test('after a lost connection everything unsettled waits again, in the order of sending', () => {
    const outbox = new Outbox(10);
    for (const ref of [1, 2, 3]) outbox.add(message(ref));
    const [first] = outbox.takeWaiting();
    outbox.add(message(4));
    outbox.remove(first ?? message(0));
    outbox.connectionLost();
    expect(refs(outbox.takeWaiting())).toEqual([2, 3, 4]);
    expect(outbox.size).toBe(3);
  });

  test('finds by ref what is in flight, by id anything', () => {
    const outbox = new Outbox(10);
    outbox.add(message(1));
    expect(outbox.find({ ref: 1 })).toBeUndefined();
    expect(outbox.find({ id: 'm1' })?.ref).toBe(1);
    outbox.takeWaiting();
    expect(outbox.find({ ref: 1 })?.ref).toBe(1);
    expect(outbox.find({})).toBeUndefined();
  });

  test('whatever happens to it: bounded, in order, and nothing is lost or doubled', () => {
    const steps = fc.array(fc.constantFrom('add', 'take', 'lost', 'settle', 'back'), { maxLength: 80 });
    fc.assert(
      fc.property(steps, (all) => {
        const outbox = new Outbox(5);
        const unsettled: Outgoing[] = [];
        let ref = 0;
        for (const step of all) {
          if (step === 'add' && unsettled.length < 5) {
            const added = message(++ref);
            outbox.add(added);
            unsettled.push(added);
          } else if (step === 'add') expect(() => outbox.add(message(++ref))).toThrow('5 messages wait');
          else if (step === 'take') {
            const taken = refs(outbox.takeWaiting());
            expect(taken).toEqual([...taken].sort((a, b) => a - b));
          } else if (step === 'lost') outbox.connectionLost();
          else if (step === 'settle') {
            const settled = unsettled.pop();
            if (settled) outbox.remove(settled);
          } else if (unsettled[0] && outbox.find({ ref: unsettled[0].ref })) outbox.putBack(unsettled[0]);
          expect(outbox.size).toBe(unsettled.length);
        }
        expect(outbox.clear()).toEqual(unsettled);
      }),
      { numRuns: 500 },
    );
  });
});
