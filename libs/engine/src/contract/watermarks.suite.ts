import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Acknowledged, Acknowledgement, Engine, LogId } from '../port.js';
import { bodies, conversation, entry, freshId, ids, inbox, type EngineHarness } from './harness.js';

/** How far owners and readers have come (receipts: PROTOCOL.md §3), and cursors by time (`sync`). */
export function watermarksSuite(harness: EngineHarness): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await harness.start();
  });

  async function filled(log: LogId, count = 9): Promise<string> {
    const batch = Array.from({ length: count }, (_, i) => entry(String(i + 1)));
    return (await engine.log.append(log, batch)).epoch;
  }
  const at = (delivered: number, read: number, deliveredBefore: number, readBefore: number): Acknowledged => ({
    delivered,
    read,
    deliveredBefore,
    readBefore,
  });

  describe('the watermarks of an inbox', () => {
    it('go forward, each for itself; what is read has been delivered', async () => {
      const log = inbox('alice');
      const epoch = await filled(log);
      const ack = (messageId: number, status: Acknowledgement['status'], device?: string) =>
        engine.log.acknowledge(log, { messageId, status, epoch, ...(device !== undefined && { device }) });
      expect(await ack(4, 'delivered', 'phone')).toEqual(at(4, 0, 0, 0));
      expect(await ack(2, 'read', 'phone')).toEqual(at(4, 2, 4, 0));
      expect(await ack(6, 'read', 'laptop')).toEqual(at(6, 6, 4, 2));
      expect(await ack(5, 'delivered')).toEqual(at(6, 6, 6, 6));
      expect(await ack(8, 'delivered')).toEqual(at(8, 6, 6, 6));
      expect(await engine.log.status(log)).toEqual({ epoch, lastMessageId: 9, delivered: 8, read: 6 });
      expect((await engine.log.open(log, { device: 'phone', limit: 1 })).cursor).toBe(4);
      expect((await engine.log.open(log, { device: 'laptop', limit: 1 })).cursor).toBe(6);
    });

    it('stop at the last message', async () => {
      const log = inbox('alice');
      const epoch = await filled(log, 3);
      const ack = { messageId: 2 ** 50, epoch, status: 'read' } as const;
      expect(await engine.log.acknowledge(log, ack)).toEqual(at(3, 3, 0, 0));
      await engine.log.append(log, [entry('4')]);
      expect(await engine.log.status(log)).toMatchObject({ lastMessageId: 4, delivered: 3, read: 3 });
    });

    it('stay where another epoch is meant', async () => {
      const log = inbox('alice');
      const epoch = await filled(log);
      await engine.log.acknowledge(log, { messageId: 3, epoch, status: 'read' });
      const ack = { messageId: 9, epoch: 'of yore', status: 'read' } as const;
      expect(await engine.log.acknowledge(log, ack)).toEqual(at(3, 3, 3, 3));
    });

    // Interleaving: acknowledgements of several devices at once, over several clients. Each message's receipt is due once.
    it('step over each message in one answer only, however many acknowledge at once', async () => {
      const log = inbox('alice');
      const epoch = await filled(log, 60);
      const clients = await harness.clients(engine, 4);
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          clients[i % 4]!.log.acknowledge(log, {
            device: `device ${i % 3}`,
            messageId: ((i * 37) % 60) + 1,
            epoch,
            status: i % 2 === 0 ? 'read' : 'delivered',
          }),
        ),
      );
      const steps = (from: keyof Acknowledged, to: keyof Acknowledged) =>
        answers
          .flatMap((a) => Array.from({ length: a[to] - a[from] }, (_, i) => a[from] + i + 1))
          .sort((a, b) => a - b);
      const { delivered, read } = await engine.log.status(log);
      expect(delivered).toBe(60);
      expect(steps('deliveredBefore', 'delivered')).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
      expect(steps('readBefore', 'read')).toEqual(Array.from({ length: read }, (_, i) => i + 1));
    });

    it('end with the log’s life', async () => {
      const before = await harness.start();
      const log = inbox('alice');
      const { epoch } = await before.log.append(log, [entry('a'), entry('b')]);
      await before.log.acknowledge(log, { messageId: 2, epoch, status: 'read' });
      const after = await harness.loseData(before);
      expect(await after.log.status(log)).toEqual({ epoch: '', lastMessageId: 0, delivered: 0, read: 0 });
      const fresh = await after.log.append(log, [entry('c')]);
      expect(await after.log.status(log)).toEqual({ epoch: fresh.epoch, lastMessageId: 1, delivered: 0, read: 0 });
    });
  });

  describe('the watermarks of a conversation', () => {
    it('are each reader’s own, and where the reader goes on', async () => {
      const log = conversation('general');
      const epoch = await filled(log);
      for (const user of ['alice', 'bob']) await engine.conversations.join(log.id, user);
      const ack = (device: string, messageId: number, status: Acknowledgement['status']) =>
        engine.log.acknowledge(log, { device, messageId, epoch, status });
      expect(await ack('alice', 5, 'delivered')).toEqual(at(5, 0, 0, 0));
      expect(await ack('alice', 3, 'read')).toEqual(at(5, 3, 5, 0));
      expect(await ack('bob', 7, 'read')).toEqual(at(7, 7, 0, 0));
      expect(await ack('alice', 1, 'delivered')).toEqual(at(5, 3, 5, 3));
      expect(await engine.log.status(log, 'alice')).toEqual({ epoch, lastMessageId: 9, delivered: 5, read: 3 });
      expect(await engine.log.status(log, 'bob')).toMatchObject({ delivered: 7, read: 7 });
      expect((await engine.log.open(log, { device: 'alice', limit: 1 })).cursor).toBe(5);
      expect((await engine.log.open(log, { device: 'nobody', limit: 1 })).cursor).toBe(0);
      expect((await engine.log.open(log, { limit: 1 })).cursor).toBe(0);
    });

    it('are not kept of whoever is no member, nor of one who has left', async () => {
      const log = conversation('general');
      const epoch = await filled(log);
      const ack = { device: 'alice', messageId: 5, epoch, status: 'read' } as const;
      expect(await engine.log.acknowledge(log, ack)).toEqual(at(0, 0, 0, 0));
      await engine.conversations.join(log.id, 'alice');
      expect(await engine.log.acknowledge(log, ack)).toEqual(at(5, 5, 0, 0));
      await engine.conversations.leave(log.id, 'alice');
      expect(await engine.log.acknowledge(log, ack)).toEqual(at(0, 0, 0, 0));
      await engine.conversations.join(log.id, 'alice');
      expect(await engine.log.status(log, 'alice')).toMatchObject({ delivered: 0, read: 0 });
    });
  });

  describe('status', () => {
    it('makes nothing', async () => {
      const nobody = { epoch: '', lastMessageId: 0, delivered: 0, read: 0 };
      for (const log of [inbox('nobody'), conversation('nowhere')]) {
        expect(await engine.log.status(log, 'alice')).toEqual(nobody);
        expect(await engine.log.status(log)).toEqual(nobody);
      }
    });
  });

  describe('a cursor by time', () => {
    it('stands at the newest entry stored at or before it', async () => {
      const log = inbox('alice');
      const times: number[] = [];
      for (let i = 0; i < 7; i++) {
        const { appended } = await engine.log.append(log, [entry(`${i}a`), entry(`${i}b`), entry(`${i}c`)]);
        times.push(appended[0]?.timestamp ?? 0);
        await harness.elapse(3);
      }
      const cursor = async (since: number) => (await engine.log.open(log, { since, limit: 1 })).cursor;
      for (const [i, time] of times.entries()) {
        expect(await cursor(time - 1)).toBe(3 * i);
        expect(await cursor(time)).toBe(3 * i + 3);
        expect(await cursor(time + 1)).toBe(3 * i + 3);
      }
      expect([await cursor(0), await cursor(2 ** 50)]).toEqual([0, 21]);
      const page = await engine.log.open(log, { since: times[5] ?? 0, limit: 2 });
      expect(bodies(page.entries)).toEqual(['6a', '6b']);
    });

    it('wins over the saved cursor and not over an explicit one', async () => {
      const log = inbox('alice');
      const epoch = await filled(log, 4);
      await engine.log.acknowledge(log, { messageId: 2, epoch, status: 'delivered' });
      expect((await engine.log.open(log, { since: 0, limit: 1 })).cursor).toBe(0);
      expect((await engine.log.open(log, { since: 0, after: 3, limit: 1 })).cursor).toBe(3);
    });

    it('stands before the oldest held where it is older than that, and at the end of an empty log', async () => {
      const small = await harness.start({ logMaxLength: 3 });
      const log = inbox('alice');
      await small.log.append(
        log,
        Array.from({ length: 8 }, (_, i) => entry(String(i + 1))),
      );
      const page = await small.log.open(log, { since: 0, limit: 9 });
      expect(page.cursor).toBe(5);
      expect(ids(page.entries)).toEqual([6, 7, 8]);
      expect((await small.log.open(inbox('nobody'), { since: 1, limit: 1 })).cursor).toBe(0);
    });

    it('is the same in a conversation', async () => {
      const log = conversation('general');
      await filled(log, 2);
      await engine.conversations.join(log.id, freshId('alice'));
      expect((await engine.log.open(log, { since: 2 ** 50, device: 'alice', limit: 1 })).cursor).toBe(2);
    });
  });
}
