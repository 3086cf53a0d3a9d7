import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Engine } from '../port.js';
import { conversation, entry, freshId, gateway, written, type EngineHarness } from './harness.js';

/** Members and their lists: PROTOCOL.md §9, `conversations` in §2. */
export function conversationsSuite(harness: EngineHarness): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await harness.start();
  });

  async function allMembers(id: string, limit: number): Promise<{ members: string[]; pages: number }> {
    const found = new Set<string>();
    let cursor = '0';
    let pages = 0;
    do {
      const page = await engine.conversations.members(id, cursor, limit);
      for (const member of page.members) found.add(member);
      cursor = page.cursor;
      pages++;
    } while (cursor !== '0');
    return { members: [...found].sort(), pages };
  }

  describe('membership', () => {
    it('begins with join and ends with leave; doing either again changes nothing', async () => {
      const [general, alice] = [freshId('general'), freshId('alice')];
      expect(await engine.conversations.isMember(general, alice)).toBe(false);
      expect(await engine.conversations.join(general, alice)).toBe(true);
      expect(await engine.conversations.join(general, alice)).toBe(false);
      expect(await engine.conversations.isMember(general, alice)).toBe(true);
      expect(await engine.conversations.isMember(freshId('other'), alice)).toBe(false);
      expect(await engine.conversations.leave(general, alice)).toEqual({ left: true, gateways: [] });
      expect(await engine.conversations.leave(general, alice)).toEqual({ left: false, gateways: [] });
      expect(await engine.conversations.isMember(general, alice)).toBe(false);
      expect(await engine.conversations.join(general, alice)).toBe(true);
    });

    it('is asked for of many at once: who of them has none', async () => {
      const [general, alice, bob, eve] = [freshId('general'), freshId('alice'), freshId('bob'), freshId('eve')];
      const none = async (...users: readonly string[]): Promise<readonly string[]> => [
        ...(await engine.conversations.strangers(general, users)),
      ];
      for (const user of [alice, bob]) await engine.conversations.join(general, user);
      expect(await Promise.all([none(), none(alice), none(bob, alice), none(alice, alice)])).toEqual([[], [], [], []]);
      expect(await Promise.all([none(alice, eve, bob), none(eve), none(eve, eve)])).toEqual([[eve], [eve], [eve]]);
      await engine.conversations.leave(general, bob);
      expect(await Promise.all([none(alice), none(alice, bob), none(eve, bob)])).toEqual([[], [bob], [eve, bob]]);
    });

    it('is not that of ids which only look the same when put together', async () => {
      const general = freshId('general');
      const [longer, alice, lice] = [`${general}a`, `alice of ${general}`, `lice of ${general}`];
      await engine.conversations.join(general, alice);
      expect(await engine.conversations.isMember(longer, lice)).toBe(false);
      await engine.conversations.join(longer, lice);
      expect((await allMembers(general, 10)).members).toEqual([alice]);
      expect(await engine.conversations.describe(general)).toMatchObject({ members: 1 });
      await engine.conversations.leave(longer, lice);
      expect(await engine.conversations.of(alice)).toMatchObject([{ conversation: general }]);
    });

    it('is listed in pages', async () => {
      const general = freshId('general');
      const users = Array.from({ length: 1500 }, (_, i) => freshId(`user ${i}`));
      await Promise.all(users.map((user) => engine.conversations.join(general, user)));
      const { members, pages } = await allMembers(general, 100);
      expect(members).toEqual([...users].sort());
      expect(pages).toBeGreaterThan(5);
      expect(await engine.conversations.describe(general)).toMatchObject({ members: 1500 });
      expect((await allMembers(freshId('empty'), 10)).members).toEqual([]);
    });

    it('names the gateways where a leaving member’s sessions may be', async () => {
      const [general, alice] = [freshId('general'), freshId('alice')];
      await engine.conversations.join(general, alice);
      for (const g of ['gateway-01', 'gateway-02']) await engine.conversations.subscribe(general, gateway(g));
      const { left, gateways } = await engine.conversations.leave(general, alice);
      expect([left, [...gateways].sort()]).toEqual([true, ['gateway-01', 'gateway-02']]);
    });

    it('is one, however many join the same user at once', async () => {
      const [general, alice] = [freshId('general'), freshId('alice')];
      const clients = await harness.clients(engine, 4);
      const joined = await Promise.all(
        Array.from({ length: 20 }, (_, i) => clients[i % 4]!.conversations.join(general, alice)),
      );
      expect(joined.filter(Boolean)).toHaveLength(1);
      expect(await engine.conversations.of(alice)).toHaveLength(1);
    });

    // Interleaving: joins and leaves of one user at once, in every order that comes. Whatever is left, the list agrees with the members.
    it('agrees with the user’s list after joins and leaves at once', async () => {
      const clients = await harness.clients(engine, 4);
      for (let round = 0; round < 30; round++) {
        const [general, alice] = [freshId('general'), freshId('alice')];
        await Promise.all(
          Array.from({ length: 9 }, (_, i) => {
            const { conversations } = clients[(i + round) % 4]!;
            return (i * 5 + round) % 3 === 0 ? conversations.leave(general, alice) : conversations.join(general, alice);
          }),
        );
        const member = await engine.conversations.isMember(general, alice);
        const listed = (await engine.conversations.of(alice)).map((one) => one.conversation);
        expect(listed).toEqual(member ? [general] : []);
      }
    });
  });

  describe('a user’s conversations', () => {
    it('come newest first, with the last message and what the user has read', async () => {
      const alice = freshId('alice');
      const [old, quiet, busy] = [conversation('old'), conversation('quiet'), conversation('busy')];
      for (const log of [old, busy]) {
        await engine.conversations.join(log.id, alice);
        await engine.log.append(log, [written(alice, '1'), written(alice, '2'), written(alice, '3')]);
        await harness.elapse(3);
      }
      await engine.conversations.join(quiet.id, alice);
      await harness.elapse(3);
      const { epoch, appended } = await engine.log.append(busy, [entry('4')]);
      await engine.log.acknowledge(busy, { device: alice, messageId: 2, epoch, status: 'read' });
      await engine.log.acknowledge(busy, { device: alice, messageId: 4, epoch, status: 'delivered' });
      expect(await engine.conversations.of(alice)).toEqual([
        { conversation: busy.id, lastMessageId: 4, read: 2, timestamp: appended[0]?.timestamp },
        { conversation: quiet.id, lastMessageId: 0, read: 0, timestamp: expect.any(Number) },
        { conversation: old.id, lastMessageId: 3, read: 0, timestamp: expect.any(Number) },
      ]);
      expect(await engine.conversations.of(freshId('nobody'))).toEqual([]);
    });

    it('are no more than 1,000: those joined last', async () => {
      const alice = freshId('alice');
      const logs = Array.from({ length: 1010 }, (_, i) => freshId(`conversation ${i}`));
      for (const id of logs.slice(0, 10)) await engine.conversations.join(id, alice);
      await harness.elapse(2);
      await Promise.all(logs.slice(10).map((id) => engine.conversations.join(id, alice)));
      const listed = await engine.conversations.of(alice);
      expect(listed.map((one) => one.conversation).sort()).toEqual(logs.slice(10).sort());
    });

    it('keep the last id when nothing is held any more', async () => {
      const brief = await harness.start({ logMaxAgeMs: 200 });
      const [log, alice] = [conversation('general'), freshId('alice')];
      await brief.conversations.join(log.id, alice);
      await brief.log.append(log, [entry('1'), entry('2')]);
      await harness.elapse(201);
      await brief.log.read(log, 0, 1);
      expect(await brief.conversations.of(alice)).toMatchObject([{ lastMessageId: 2, read: 0 }]);
    });
  });

  describe('a conversation', () => {
    it('exists once it has members or was written to', async () => {
      const [joined, posted] = [conversation('joined'), conversation('written')];
      expect(await engine.conversations.describe(joined.id)).toEqual({
        exists: false,
        members: 0,
        lastMessageId: 0,
        epoch: '',
      });
      await engine.conversations.join(joined.id, 'alice');
      expect(await engine.conversations.describe(joined.id)).toMatchObject({ exists: true, members: 1, epoch: '' });
      const { epoch } = await engine.log.append(posted, [entry('a'), entry('b')]);
      const description = { exists: true, members: 0, lastMessageId: 2, epoch };
      expect(await engine.conversations.describe(posted.id)).toEqual(description);
    });
  });
}
