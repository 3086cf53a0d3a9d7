import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Engine } from '../port.js';
import { bodies, entry, ids, inbox, type EngineHarness } from './harness.js';

/** PROTOCOL.md §4.2. */
export function idempotencySuite(harness: EngineHarness): void {
  describe('idempotency', () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await harness.start();
    });

    it('answers a repetition with the first id and time and stores nothing', async () => {
      const log = inbox('alice');
      const first = await engine.log.append(log, [entry('a', 'bob', '1'), entry('b', 'bob', '2')]);
      const again = await engine.log.append(log, [
        entry('changed', 'bob', '2'),
        entry('c', 'bob', '3'),
        entry('a', 'bob', '1'),
      ]);
      expect(again.appended).toEqual([
        { ...first.appended[1], duplicate: true },
        { messageId: 3, timestamp: again.appended[1]?.timestamp, duplicate: false },
        { ...first.appended[0], duplicate: true },
      ]);
      expect(bodies((await engine.log.read(log, 0, 10)).entries)).toEqual(['a', 'b', 'c']);
    });

    it('sees a repetition within one batch, and between appends issued together', async () => {
      const log = inbox('alice');
      const [one, two] = await Promise.all([
        engine.log.append(log, [entry('a', 'bob', '1'), entry('a', 'bob', '1'), entry('b')]),
        engine.log.append(log, [entry('a', 'bob', '1'), entry('c')]),
      ]);
      expect(ids(one.appended)).toEqual([1, 1, 2]);
      expect(one.appended.map((a) => a.duplicate)).toEqual([false, true, false]);
      expect(ids(two.appended)).toEqual([1, 3]);
      expect(two.appended.map((a) => a.duplicate)).toEqual([true, false]);
    });

    it('stores one of many repetitions by several clients at once', async () => {
      const log = inbox('alice');
      const clients = await harness.clients(engine, 5);
      const results = await Promise.all(clients.map((client) => client.log.append(log, [entry('a', 'bob', '1')])));
      expect(results.map((r) => r.appended[0]?.messageId)).toEqual(clients.map(() => 1));
      expect(results.filter((r) => r.appended[0]?.duplicate === false)).toHaveLength(1);
    });

    it('holds the same id of another sender, and in another log, for another message', async () => {
      const [log, other] = [inbox('alice'), inbox('carol')];
      const { appended } = await engine.log.append(log, [
        entry('a', 'bob', '1'),
        entry('b', 'bo', 'b1'),
        entry('c', 'dave', '1'),
      ]);
      expect(ids(appended)).toEqual([1, 2, 3]);
      expect((await engine.log.append(other, [entry('a', 'bob', '1')])).appended[0]?.duplicate).toBe(false);
    });

    it('stores entries without an id each time', async () => {
      const log = inbox('alice');
      await engine.log.append(log, [entry('a'), entry('a')]);
      expect(ids((await engine.log.append(log, [entry('a')])).appended)).toEqual([3]);
    });

    it('takes a batch of thousands', async () => {
      const log = inbox('alice');
      const batch = Array.from({ length: 2500 }, (_, i) => entry(String(i), 'bob', `message ${i}`));
      const first = await engine.log.append(log, batch);
      const again = await engine.log.append(log, batch);
      expect(ids(first.appended)).toEqual(batch.map((_, i) => i + 1));
      expect(again.appended).toEqual(first.appended.map((a) => ({ ...a, duplicate: true })));
    });

    it('stores of a batch what is new, in order, whichever it has seen before', async () => {
      const message = (n: number) => entry(`body ${n}`, 'bob', `message ${n}`);
      const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
      for (const seen of [
        (n: number) => n % 3 === 0,
        (n: number) => n % 7 !== 5,
        (n: number) => n >= 60,
        (n: number) => n < 99,
      ]) {
        const log = inbox('alice');
        const [before, after] = [upTo(100).filter(seen), upTo(100).filter((n) => !seen(n))];
        await engine.log.append(log, before.map(message));
        const { appended } = await engine.log.append(log, upTo(100).map(message));
        expect(appended.map(({ duplicate }) => duplicate)).toEqual(upTo(100).map(seen));
        const stored = [...before, ...after];
        expect(ids(appended)).toEqual(upTo(100).map((n) => stored.indexOf(n) + 1));
        expect(bodies((await engine.log.read(log, 0, 200)).entries)).toEqual(stored.map((n) => `body ${n}`));
      }
    });

    it('remembers past the end of a window, and forgets after two', async () => {
      const idempotencyWindowMs = 1000;
      const brief = await harness.start({ idempotencyWindowMs });
      const log = inbox('alice');
      const first = await brief.log.append(log, [entry('a', 'bob', '1')]);
      const stored = first.appended[0]?.timestamp ?? 0;
      await harness.elapse(idempotencyWindowMs - (stored % idempotencyWindowMs));
      expect((await brief.log.append(log, [entry('a', 'bob', '1')])).appended).toEqual([
        { ...first.appended[0], duplicate: true },
      ]);
      await harness.elapse(2 * idempotencyWindowMs);
      expect((await brief.log.append(log, [entry('a', 'bob', '1')])).appended[0]).toMatchObject({
        messageId: 2,
        duplicate: false,
      });
    });
  });
}
