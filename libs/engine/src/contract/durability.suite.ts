import { describe, expect, it } from '@jest/globals';
import { bodies, entry, ids, inbox, type EngineHarness } from './harness.js';

/** Retention and the loss of data: PROTOCOL.md §4.6. */
export function durabilitySuite(harness: EngineHarness): void {
  describe('retention', () => {
    it('keeps exactly logMaxLength entries and says what is the first', async () => {
      const engine = await harness.start({ logMaxLength: 5 });
      const log = inbox('alice');
      for (let i = 1; i <= 12; i++) {
        await engine.log.append(log, [entry(String(i))]);
        const page = await engine.log.read(log, 0, 100);
        expect(page.firstMessageId).toBe(Math.max(1, i - 4));
        expect(ids(page.entries)).toEqual(Array.from({ length: Math.min(i, 5) }, (_, k) => page.firstMessageId + k));
      }
    });

    it('shows no more than logMaxLength, however many come at once', async () => {
      const engine = await harness.start({ logMaxLength: 50 });
      const log = inbox('alice');
      let last = 0;
      for (const size of [1, 49, 2, 33, 100, 7, 31, 64, 1]) {
        const texts = Array.from({ length: size }, () => String(++last));
        await engine.log.append(
          log,
          texts.map((text) => entry(text)),
        );
        const first = Math.max(1, last - 49);
        const kept = Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
        const page = await engine.log.read(log, 0, 1000);
        expect(page).toMatchObject({ firstMessageId: first, lastMessageId: last });
        expect(bodies(page.entries)).toEqual(kept);
        expect(bodies((await engine.log.read(log, last - 8, 3)).entries)).toEqual(kept.slice(-8).slice(0, 3));
      }
    });

    it('trims when the last entry of a batch was a repetition too', async () => {
      const engine = await harness.start({ logMaxLength: 3 });
      const log = inbox('alice');
      const batch = [entry('1', 'bob', '1'), entry('2'), entry('3'), entry('4'), entry('1', 'bob', '1')];
      await engine.log.append(log, batch);
      expect(await engine.log.read(log, 0, 9)).toMatchObject({ firstMessageId: 2, lastMessageId: 4 });
    });

    it('shows entries up to logMaxAgeMs old, and goes on counting when all are gone', async () => {
      const engine = await harness.start({ logMaxAgeMs: 500 });
      const log = inbox('alice');
      const { epoch } = await engine.log.append(log, [entry('1'), entry('2'), entry('3')]);
      await harness.elapse(501);
      const empty = await engine.log.open(log, { limit: 10 });
      expect(empty).toEqual({ epoch, lastMessageId: 3, firstMessageId: 4, cursor: 0, entries: [] });
      const next = await engine.log.append(log, [entry('4')]);
      expect(next).toMatchObject({ epoch, appended: [{ messageId: 4 }] });
    });

    it('finds the border between old and young', async () => {
      const engine = await harness.start({ logMaxAgeMs: 2000 });
      const log = inbox('alice');
      await engine.log.append(
        log,
        Array.from({ length: 37 }, (_, i) => entry(String(i + 1))),
      );
      await harness.elapse(2001);
      await engine.log.append(log, [entry('38'), entry('39')]);
      const page = await engine.log.read(log, 0, 100);
      expect(page.firstMessageId).toBe(38);
      expect(bodies(page.entries)).toEqual(['38', '39']);
    });
  });

  describe('loss of data', () => {
    it('begins a new epoch, with ids from 1 and no cursor of the one before', async () => {
      const before = await harness.start();
      const [log, empty] = [inbox('alice'), inbox('nobody')];
      const old = await before.log.append(log, [entry('a', 'bob', '1'), entry('b')]);
      const never = await before.log.open(empty, { limit: 1 });
      await before.log.acknowledge(log, { device: 'phone', messageId: 2, epoch: old.epoch, status: 'delivered' });
      const engine = await harness.loseData(before);
      const fresh = await engine.log.append(log, [entry('c', 'bob', '1')]);
      expect(fresh.appended).toMatchObject([{ messageId: 1, duplicate: false }]);
      expect(fresh.epoch).not.toBe(old.epoch);
      expect((await engine.log.open(empty, { limit: 1 })).epoch).not.toBe(never.epoch);
      expect(
        (await engine.log.acknowledge(log, { messageId: 1, epoch: old.epoch, status: 'delivered' })).delivered,
      ).toBe(0);
      const page = await engine.log.open(log, { device: 'phone', limit: 10 });
      expect(page).toMatchObject({ cursor: 0, epoch: fresh.epoch });
      expect(bodies(page.entries)).toEqual(['c']);
    });

    it('names every life of a log differently, of two logs too', async () => {
      let engine = await harness.start();
      const logs = [inbox('alice'), inbox('bob')];
      const epochs = new Set<string>();
      for (let life = 0; life < 3; life++) {
        for (const log of logs) epochs.add((await engine.log.open(log, { limit: 1 })).epoch);
        if (life < 2) engine = await harness.loseData(engine);
      }
      expect(epochs.size).toBe(6);
    });
  });
}
