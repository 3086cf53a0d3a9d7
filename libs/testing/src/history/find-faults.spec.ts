import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fcOptions } from '../fc-options.js';
import { BREAKAGES, all } from './breakages.fixture.js';
import type { FaultKind } from './fault.js';
import { findFaults } from './find-faults.js';
import { rightHistory, type OpenHistory } from './history.fixture.js';

const kinds = (history: OpenHistory): FaultKind[] => findFaults(history).map(({ kind }) => kind);

describe('the history checker', () => {
  test('finds nothing in what a right server may show', () => {
    fc.assert(
      fc.property(rightHistory, (history) => {
        expect(findFaults(history)).toEqual([]);
      }),
      fcOptions({ numRuns: 300 }),
    );
  });

  test.each(BREAKAGES)('finds %s: %s', (kind, _what, breakage) => {
    fc.assert(
      fc.property(rightHistory, fc.nat(), (right, at) => {
        const history = structuredClone(right);
        fc.pre(breakage(history, at));
        expect(kinds(history)).toContain(kind);
      }),
      fcOptions({ numRuns: 50 }),
    );
  });

  test('lets a message come again that was neither acknowledged nor surely written', () => {
    fc.assert(
      fc.property(rightHistory, (right) => {
        const history = structuredClone(right);
        delete all(history).cursor;
        expect(kinds({ ...history, acks: [] })).not.toContain('repeat');
      }),
    );
  });

  test('forgives what retention has removed, or what was lost with the data, only if told so', () => {
    fc.assert(
      fc.property(rightHistory, (right) => {
        const history = structuredClone(right);
        const view = all(history);
        view.opened = { ...view.opened, resumed: false };
        const first = view.messages.shift();
        fc.pre(first !== undefined && view.messages.length > 0);
        expect(kinds(history)).toEqual(expect.arrayContaining(['resync', 'gap']));
        expect(findFaults(history, { trimmed: true })).toEqual([]);
      }),
    );
  });

  test('takes a message that comes before its log was opened as nobody’s', () => {
    const seen = { at: 1, messageId: 1, from: 'alice', content: 'x', timestamp: 1 };
    const strays = [{ log: 'inbox:bob', connection: 'connection-1', seen }] as const;
    expect(findFaults({ sends: [], views: [], acks: [], strays })).toMatchObject([{ kind: 'phantom' }]);
  });

  test('finds an ephemeral message that comes twice, or that nobody sent', () => {
    fc.assert(
      fc.property(rightHistory, (right) => {
        const history = structuredClone(right);
        const typing = {
          sender: 'alice',
          connection: 'of alice',
          log: 'inbox:bob',
          content: 'typing',
          ephemeral: true,
          at: 0,
        } as const;
        const seen = { at: Infinity, messageId: 0, from: 'alice', content: 'typing', timestamp: 1 };
        all(history).messages.push(seen);
        expect(kinds(history)).toEqual(['phantom']);
        history.sends.push(typing);
        expect(kinds(history)).toEqual([]);
        all(history).messages.push(seen);
        expect(kinds(history)).toEqual(['repeat']);
      }),
    );
  });

  test('takes nothing for an inversion where either of two connections may have been the first', () => {
    const accepted = (messageId: number, duplicate = false) =>
      ({ kind: 'accepted', at: 10 + messageId, messageId, timestamp: messageId, duplicate }) as const;
    const sent = { sender: 'alice', log: 'inbox:bob', content: 'twice' } as const;
    const sends = [
      { ...sent, connection: 'one', content: 'once', at: 1, answer: accepted(2) },
      { ...sent, connection: 'one', id: '1', at: 2, answer: accepted(1, true) },
      { ...sent, connection: 'two', id: '1', at: 3, answer: accepted(1) },
    ];
    expect(findFaults({ sends, views: [], acks: [], strays: [] })).toEqual([]);
    expect(findFaults({ sends: sends.slice(0, 2), views: [], acks: [], strays: [] })).toMatchObject([
      { kind: 'inversion' },
    ]);
  });
});
