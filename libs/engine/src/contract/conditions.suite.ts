import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AppendResult, Engine } from '../port.js';
import { bodies, conversation, entry, freshId, ids, inbox, written, type EngineHarness } from './harness.js';

const MEMBERS = { membersOnly: true } as const;
const KNOWN = { onlyKnown: true } as const;
const refusals = ({ appended }: AppendResult) => appended.map(({ refused }) => refused);

/** What is stored only under a condition that holds at the instant of the append: members (PROTOCOL.md §5 WS_FORBIDDEN), known recipients. */
export function conditionsSuite(harness: EngineHarness): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await harness.start();
  });

  describe('an append for known recipients only', () => {
    it('is refused until the recipient has opened the inbox', async () => {
      const log = inbox('alice');
      const refused = await engine.log.append(log, [entry('a', 'bob', '1'), entry('b')], KNOWN);
      expect(refused.appended).toEqual([
        { messageId: 0, timestamp: expect.any(Number), duplicate: false, refused: 'unknown_recipient' },
        { messageId: 0, timestamp: expect.any(Number), duplicate: false, refused: 'unknown_recipient' },
      ]);
      expect(refused).toMatchObject({ epoch: '', connections: [], gateways: [] });
      await engine.log.open(log, { limit: 1 });
      const stored = await engine.log.append(log, [entry('a', 'bob', '1')], KNOWN);
      expect(stored.appended).toMatchObject([{ messageId: 1, duplicate: false }]);
      expect(stored.appended[0]).not.toHaveProperty('refused');
    });

    it('knows nobody by looking, nor by what was sent without asking', async () => {
      const log = inbox('alice');
      await engine.log.read(log, 0, 1);
      await engine.log.open(log, { limit: 1, create: false });
      await engine.log.status(log);
      expect(await engine.log.isKnown(log.id)).toBe(false);
      await engine.log.append(log, [entry('a')]);
      expect(refusals(await engine.log.append(log, [entry('b')], KNOWN))).toEqual(['unknown_recipient']);
      expect(await engine.log.isKnown(log.id)).toBe(false);
      await engine.log.open(log, { limit: 1, create: true });
      expect(await engine.log.isKnown(log.id)).toBe(true);
      await engine.log.open(log, { limit: 1, create: false });
      expect(ids((await engine.log.append(log, [entry('b')], KNOWN)).appended)).toEqual([2]);
    });

    it('leaves no trace when refused', async () => {
      const log = inbox('nobody');
      await engine.log.append(log, [entry('a', 'bob', '1')], KNOWN);
      expect(await engine.log.status(log)).toMatchObject({ epoch: '', lastMessageId: 0 });
      expect((await engine.log.append(log, [entry('a', 'bob', '1')])).appended).toMatchObject([
        { messageId: 1, duplicate: false },
      ]);
    });

    it('answers a repetition as one', async () => {
      const log = inbox('alice');
      await engine.log.append(log, [entry('a', 'bob', '1')]);
      const { appended } = await engine.log.append(log, [entry('a', 'bob', '1'), entry('b', 'bob', '2')], KNOWN);
      expect(appended).toMatchObject([
        { messageId: 1, duplicate: true },
        { messageId: 0, refused: 'unknown_recipient' },
      ]);
    });

    it('may stand beside one without the condition', async () => {
      const log = inbox('alice');
      const results = await Promise.all([
        engine.log.append(log, [entry('a')], KNOWN),
        engine.log.append(log, [entry('b', 'bob', '1'), entry('c')]),
        engine.log.append(log, [entry('d')], KNOWN),
      ]);
      expect(results.map((r) => r.appended.map((a) => a.messageId))).toEqual([[0], [1, 2], [0]]);
      expect(bodies((await engine.log.read(log, 0, 9)).entries)).toEqual(['b', 'c']);
    });
  });

  describe('an append for members only', () => {
    it('stores what members wrote and refuses the rest of the batch, entry by entry', async () => {
      const log = conversation('general');
      for (const user of ['alice', 'carol']) await engine.conversations.join(log.id, user);
      const batch = [
        written('alice', 'a', '1'),
        written('bob', 'b', '1'),
        written('alice', 'c'),
        entry('of nobody'),
        written('carol', 'd', '1'),
        written('alice', 'a', '1'),
        written('bob', 'b', '1'),
      ];
      const { appended } = await engine.log.append(log, batch, MEMBERS);
      expect(appended.map((a) => a.messageId)).toEqual([1, 0, 2, 0, 3, 1, 0]);
      expect(appended.map((a) => a.refused)).toEqual([
        undefined,
        'not_member',
        undefined,
        'not_member',
        undefined,
        undefined,
        'not_member',
      ]);
      expect(appended.map((a) => a.duplicate)).toEqual([false, false, false, false, false, true, false]);
      expect(bodies((await engine.log.read(log, 0, 9)).entries)).toEqual(['a', 'c', 'd']);
    });

    it('remembers nothing of what it refused', async () => {
      const log = conversation('general');
      const refused = await engine.log.append(log, [written('alice', 'a', '1')], MEMBERS);
      expect(refused).toMatchObject({ epoch: '', appended: [{ refused: 'not_member' }] });
      expect(await engine.conversations.describe(log.id)).toMatchObject({ exists: false, epoch: '' });
      await engine.conversations.join(log.id, 'alice');
      expect((await engine.log.append(log, [written('alice', 'a', '1')], MEMBERS)).appended).toMatchObject([
        { messageId: 1, duplicate: false },
      ]);
    });

    it('trims all the same when the last of the batch was refused', async () => {
      const small = await harness.start({ logMaxLength: 2 });
      const log = conversation('general');
      await small.conversations.join(log.id, 'alice');
      const batch = ['1', '2', '3'].map((text) => written('alice', text));
      await small.log.append(log, [...batch, written('bob', '4')], MEMBERS);
      expect(await small.log.read(log, 0, 9)).toMatchObject({ firstMessageId: 2, lastMessageId: 3 });
    });

    it('tells members apart whatever their ids, and conversations too', async () => {
      const [log, other] = [conversation('general'), conversation('other')];
      const users = ['k', 'm', '', 'x}', '{x}', 'ü', freshId('alice')].map((id) => `${id}!`);
      for (const user of users) await engine.conversations.join(log.id, user);
      const batch = users.map((user) => written(user, user));
      expect(refusals(await engine.log.append(log, batch, MEMBERS))).toEqual(users.map(() => undefined));
      expect(refusals(await engine.log.append(other, batch, MEMBERS))).toEqual(users.map(() => 'not_member'));
      const almost = users.map((user) => written(user.slice(0, -1), user));
      expect(refusals(await engine.log.append(log, almost, MEMBERS))).toEqual(users.map(() => 'not_member'));
    });

    it('answers whoever has left a repetition of what was stored before, and stores nothing new', async () => {
      const log = conversation('general');
      await engine.conversations.join(log.id, 'alice');
      const first = await engine.log.append(log, [written('alice', 'a', '1')], MEMBERS);
      await engine.conversations.leave(log.id, 'alice');
      const again = await engine.log.append(log, [written('alice', 'a', '1'), written('alice', 'b', '2')], MEMBERS);
      expect(again.appended).toMatchObject([{ ...first.appended[0], duplicate: true }, { refused: 'not_member' }]);
    });

    // Interleaving: alice writes from several gateways while she is put out of the conversation.
    it('accepts nothing of an author whose leave has been answered', async () => {
      const clients = await harness.clients(engine, 3);
      for (let round = 0; round < 20; round++) {
        const log = conversation('general');
        await engine.conversations.join(log.id, 'alice');
        let left = false;
        const late: number[] = [];
        const accepted: number[] = [];
        const write = async (client: Engine) => {
          for (let turn = 0; turn < 8; turn++) {
            const after = left;
            const { appended } = await client.log.append(log, [written('alice', 'a')], MEMBERS);
            accepted.push(...ids(appended).filter((id) => id > 0));
            if (after) late.push(...ids(appended).filter((id) => id > 0));
          }
        };
        const leave = async () => {
          for (let i = 0; i < round % 5; i++) await new Promise((turn) => setImmediate(turn));
          await clients[0]!.conversations.leave(log.id, 'alice');
          left = true;
        };
        await Promise.all([...clients.map(write), leave()]);
        expect(late).toEqual([]);
        expect((await engine.log.read(log, 0, 99)).lastMessageId).toBe(accepted.length);
        expect(refusals(await engine.log.append(log, [written('alice', 'z')], MEMBERS))).toEqual(['not_member']);
      }
    });
  });
}
