import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Engine } from '../port.js';
import { bodies, connection, entry, ids, inbox, type EngineHarness } from './harness.js';

/** PROTOCOL.md §4.1–3: stored before accepted, once per (sender, id), ids contiguous from 1. */
export function appendSuite(harness: EngineHarness): void {
  describe('append', () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await harness.start();
    });

    it('gives ids from 1 on, in the order of the entries', async () => {
      const log = inbox('alice');
      const first = await engine.log.append(log, [entry('a'), entry('b')]);
      const second = await engine.log.append(log, [entry('c')]);
      expect(ids(first.appended)).toEqual([1, 2]);
      expect(ids(second.appended)).toEqual([3]);
      expect(second.epoch).toBe(first.epoch);
      expect((await engine.log.read(log, 0, 10)).entries).toEqual([
        { messageId: 1, timestamp: first.appended[0]?.timestamp, body: Buffer.from('a') },
        { messageId: 2, timestamp: first.appended[1]?.timestamp, body: Buffer.from('b') },
        { messageId: 3, timestamp: second.appended[0]?.timestamp, body: Buffer.from('c') },
      ]);
    });

    it('keeps every byte of a body', async () => {
      const log = inbox('alice');
      const body = Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256));
      await engine.log.append(log, [{ body }, { body: Buffer.alloc(0) }, { body: Buffer.alloc(1_048_576, 0xff) }]);
      const { entries } = await engine.log.read(log, 0, 10);
      expect(entries.map((e) => e.body.length)).toEqual([512, 0, 1_048_576]);
      expect(entries[0]?.body.equals(body)).toBe(true);
    });

    it('keeps inboxes, conversations and users apart, whatever characters their ids have', async () => {
      const names = ['x', 'x}', '{x}', '%7Bx%7D', 'x:1', 'ü', '{'];
      const logs = names.flatMap((id) => [{ kind: 'inbox', id } as const, { kind: 'conversation', id } as const]);
      await Promise.all(logs.map((log) => engine.log.append(log, [entry(log.kind + log.id)])));
      for (const log of logs) expect(bodies((await engine.log.read(log, 0, 10)).entries)).toEqual([log.kind + log.id]);
    });

    it('stores nothing, and says who is connected, when there are no entries', async () => {
      const log = inbox('alice');
      await engine.presence.register(connection(log.id, 'c1'), 3);
      const { appended, connections } = await engine.log.append(log, []);
      expect(appended).toEqual([]);
      expect(connections.map((c) => c.connectionId)).toEqual(['c1']);
      expect((await engine.log.read(log, 0, 1)).lastMessageId).toBe(0);
    });

    it('stores and answers alike what it may publish, whether it does or not', async () => {
      const log = inbox('alice');
      const publication = { channel: 'nobody listens:', preamble: Buffer.from('x') };
      await engine.presence.register(connection(log.id, 'c1'), 3);
      const { appended, connections, told = [] } = await engine.log.append(log, [entry('a')], { publication });
      expect([ids(appended), connections.length, told]).toEqual([[1], 1, []]);
      expect(bodies((await engine.log.read(log, 0, 10)).entries)).toEqual(['a']);
    });

    it('answers appends that are issued together each with its own', async () => {
      const logs = [inbox('alice'), inbox('bob'), inbox('carol')];
      const results = await Promise.all(
        Array.from({ length: 30 }, (_, i) =>
          engine.log.append(logs[i % 3] ?? logs[0]!, [entry(`${i}a`), entry(`${i}b`)]),
        ),
      );
      expect(results.map((r) => ids(r.appended))).toEqual(
        results.map((_, i) => [1, 2].map((n) => 2 * Math.floor(i / 3) + n)),
      );
    });

    it('gives contiguous ids to 50 appenders at once, over several clients', async () => {
      const log = inbox('hot');
      const clients = await harness.clients(engine, 5);
      const seen: number[] = [];
      await Promise.all(
        Array.from({ length: 50 }, async (_, who) => {
          for (let turn = 0; turn < 10; turn++) {
            const { appended } = await clients[who % 5]!.log.append(log, [
              entry(`${who}/${turn}/0`),
              entry(`${who}/${turn}/1`),
            ]);
            expect(appended[1]?.messageId).toBe((appended[0]?.messageId ?? 0) + 1);
            seen.push(...ids(appended));
          }
        }),
      );
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
      const { entries } = await engine.log.read(log, 0, 2000);
      expect(new Set(bodies(entries)).size).toBe(1000);
      expect(ids(entries)).toEqual(seen);
    });
  });
}
