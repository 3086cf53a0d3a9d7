import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Engine, LogId } from '../port.js';
import { bodies, entry, ids, inbox, type EngineHarness } from './harness.js';

/** Pages and cursors: PROTOCOL.md §4.4–6. */
export function readingSuite(harness: EngineHarness): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await harness.start();
  });

  async function filled(count: number): Promise<{ log: LogId; epoch: string }> {
    const log = inbox('alice');
    const batch = Array.from({ length: count }, (_, i) => entry(String(i + 1)));
    return { log, epoch: (await engine.log.append(log, batch)).epoch };
  }

  describe('read', () => {
    it('returns what follows the cursor, in pages, to the end', async () => {
      const { log, epoch } = await filled(7);
      const pages: number[][] = [];
      for (let after = 0; ;) {
        const page = await engine.log.read(log, after, 3);
        expect(page).toMatchObject({ epoch, lastMessageId: 7, firstMessageId: 1 });
        pages.push(ids(page.entries));
        after = page.entries.at(-1)?.messageId ?? after;
        if (after === page.lastMessageId) break;
      }
      expect(pages).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    });

    it('returns nothing at and beyond the end', async () => {
      const { log } = await filled(2);
      expect((await engine.log.read(log, 2, 10)).entries).toEqual([]);
      expect((await engine.log.read(log, 99, 10)).entries).toEqual([]);
    });

    it('gives a log that nobody wrote to an epoch that stays', async () => {
      const log = inbox('nobody');
      const first = await engine.log.read(log, 0, 10);
      expect(first).toMatchObject({ lastMessageId: 0, firstMessageId: 1, entries: [] });
      expect(first.epoch).not.toBe('');
      expect((await engine.log.open(log, { limit: 1 })).epoch).toBe(first.epoch);
      const appended = await engine.log.append(log, [entry('a')]);
      expect(appended.epoch).toBe(first.epoch);
      expect(appended.appended[0]?.messageId).toBe(1);
      expect((await engine.log.read(log, 0, 10)).epoch).toBe(first.epoch);
    });

    it('shows an entry to whoever reads after its append was answered, and all or nothing of a batch before', async () => {
      const log = inbox('alice');
      const [, page] = await Promise.all([
        engine.log.append(log, [entry('a'), entry('b')]),
        engine.log.read(log, 0, 10),
      ]);
      expect([[], ['a', 'b']]).toContainEqual(bodies(page.entries));
    });
  });

  describe('open', () => {
    it('reads after the explicit cursor, else the device’s, else the owner’s, else from the start', async () => {
      const { log, epoch } = await filled(9);
      expect(await engine.log.open(log, { limit: 2 })).toMatchObject({ cursor: 0, lastMessageId: 9 });
      await engine.log.acknowledge(log, { device: 'phone', messageId: 3, epoch, status: 'delivered' });
      await engine.log.acknowledge(log, { device: 'laptop', messageId: 5, epoch, status: 'delivered' });
      const cursorOf = async (options: { device?: string; after?: number }) =>
        (await engine.log.open(log, { limit: 2, ...options })).cursor;
      expect(await cursorOf({ device: 'phone' })).toBe(3);
      expect(await cursorOf({ device: 'laptop' })).toBe(5);
      expect(await cursorOf({ device: 'new' })).toBe(5);
      expect(await cursorOf({})).toBe(5);
      expect(await cursorOf({ device: 'phone', after: 8 })).toBe(8);
      expect(await cursorOf({ device: 'phone', after: 0 })).toBe(0);
      expect(ids((await engine.log.open(log, { device: 'phone', limit: 2 })).entries)).toEqual([4, 5]);
    });
  });

  describe('acknowledge', () => {
    it('moves forward only, and returns the owner’s cursor', async () => {
      const { log, epoch } = await filled(9);
      expect(
        (await engine.log.acknowledge(log, { device: 'phone', messageId: 4, epoch, status: 'delivered' })).delivered,
      ).toBe(4);
      expect(
        (await engine.log.acknowledge(log, { device: 'phone', messageId: 2, epoch, status: 'delivered' })).delivered,
      ).toBe(4);
      expect(
        (await engine.log.acknowledge(log, { device: 'laptop', messageId: 1, epoch, status: 'delivered' })).delivered,
      ).toBe(4);
      expect((await engine.log.acknowledge(log, { messageId: 6, epoch, status: 'delivered' })).delivered).toBe(6);
      expect((await engine.log.open(log, { device: 'phone', limit: 1 })).cursor).toBe(4);
      expect((await engine.log.open(log, { device: 'laptop', limit: 1 })).cursor).toBe(1);
    });

    it('never passes the last message', async () => {
      const { log, epoch } = await filled(2);
      expect(
        (await engine.log.acknowledge(log, { device: 'phone', messageId: 1000, epoch, status: 'delivered' })).delivered,
      ).toBe(2);
      await engine.log.append(log, [entry('3')]);
      expect(bodies((await engine.log.open(log, { device: 'phone', limit: 9 })).entries)).toEqual(['3']);
    });

    it('ignores another epoch, and a log that nobody wrote to', async () => {
      const { log } = await filled(2);
      expect(
        (await engine.log.acknowledge(log, { messageId: 2, epoch: 'of yore', status: 'delivered' })).delivered,
      ).toBe(0);
      const empty = inbox('nobody');
      const { epoch } = await engine.log.open(empty, { limit: 1 });
      expect(
        (await engine.log.acknowledge(empty, { device: 'phone', messageId: 1, epoch, status: 'delivered' })).delivered,
      ).toBe(0);
    });

    it('remembers the 64 devices that acknowledged last; the others fall back to the owner', async () => {
      const { log, epoch } = await filled(3);
      await engine.log.acknowledge(log, { device: 'old', messageId: 1, epoch, status: 'delivered' });
      for (let i = 0; i < 64; i++) {
        await harness.elapse(1);
        await engine.log.acknowledge(log, { device: `device ${i}`, messageId: 2, epoch, status: 'delivered' });
      }
      await engine.log.acknowledge(log, { messageId: 3, epoch, status: 'delivered' });
      expect((await engine.log.open(log, { device: 'old', limit: 1 })).cursor).toBe(3);
      expect((await engine.log.open(log, { device: 'device 0', limit: 1 })).cursor).toBe(2);
      expect((await engine.log.open(log, { device: 'device 63', limit: 1 })).cursor).toBe(2);
    });
  });
}
