import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Engine } from '../port.js';
import { bodies, conversation, entry, freshId, gateway, inbox, type EngineHarness } from './harness.js';

/** Where a conversation's messages go: PROTOCOL.md §4.4, the live tail is opened before the backlog is read. */
export function subscribersSuite(harness: EngineHarness): void {
  describe('subscribers', () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await harness.start();
    });

    const gatewaysOf = async (id: string, of: Engine = engine) => {
      const { gateways, connections } = await of.log.append({ kind: 'conversation', id }, [entry('a')]);
      expect(connections).toEqual([]);
      return [...gateways].sort();
    };

    it('are in the answer of an append, each gateway once, whatever its incarnations', async () => {
      const [general, other] = [freshId('general'), freshId('other')];
      for (const one of [gateway('gateway 01'), gateway('gateway-02'), gateway('gateway-02', 'second')]) {
        await engine.conversations.subscribe(general, one);
      }
      await engine.conversations.subscribe(other, gateway('gateway-03'));
      expect(await gatewaysOf(general)).toEqual(['gateway 01', 'gateway-02']);
      await engine.conversations.unsubscribe(general, gateway('gateway 01'));
      expect(await gatewaysOf(general)).toEqual(['gateway-02']);
      expect(await gatewaysOf(other)).toEqual(['gateway-03']);
    });

    it('are in the answer when nothing is to be stored, or nothing could be', async () => {
      const log = conversation('general');
      await engine.conversations.subscribe(log.id, gateway('gateway-01'));
      expect((await engine.log.append(log, [])).gateways).toEqual(['gateway-01']);
      const refused = await engine.log.append(log, [{ ...entry('a'), author: 'bob' }], { membersOnly: true });
      expect(refused).toMatchObject({ gateways: ['gateway-01'], appended: [{ refused: 'not_member' }] });
    });

    it('have nothing to do with an inbox of the same name', async () => {
      const log = inbox('alice');
      await engine.conversations.subscribe(log.id, gateway('gateway-01'));
      expect((await engine.log.append(log, [entry('a')])).gateways).toEqual([]);
    });

    // Interleaving: gateway-01 dies, comes back as another incarnation and subscribes; then a late unsubscribe of the old one arrives.
    it('are removed by their own incarnation only', async () => {
      const general = freshId('general');
      await engine.conversations.subscribe(general, gateway('gateway-01', 'old'));
      await engine.conversations.subscribe(general, gateway('gateway-01', 'new'));
      await engine.conversations.unsubscribe(general, gateway('gateway-01', 'old'));
      expect(await gatewaysOf(general)).toEqual(['gateway-01']);
      expect(await engine.conversations.refresh(gateway('gateway-01', 'new'), [general])).toEqual([]);
      expect(await engine.conversations.refresh(gateway('gateway-01', 'old'), [general])).toEqual([general]);
    });

    it('run out one by one, and only by subscribing come back', async () => {
      const brief = await harness.start({ presenceTtlMs: 1000 });
      const [general, other] = [freshId('general'), freshId('other')];
      const [one, two] = [gateway('gateway-01'), gateway('gateway-02')];
      await brief.conversations.subscribe(general, one);
      await harness.elapse(600);
      await brief.conversations.subscribe(general, two);
      await brief.conversations.subscribe(other, one);
      await harness.elapse(401);
      expect(await gatewaysOf(general, brief)).toEqual(['gateway-02']);
      // A refresh that comes too late does not hide that something was missed meanwhile.
      expect(await brief.conversations.refresh(one, [general, other])).toEqual([general]);
      expect(await gatewaysOf(general, brief)).toEqual(['gateway-02']);
      await brief.conversations.subscribe(general, one);
      expect(await gatewaysOf(general, brief)).toEqual(['gateway-01', 'gateway-02']);
    });

    it('live on when refreshed in time, hundreds in one call', async () => {
      const brief = await harness.start({ presenceTtlMs: 2000 });
      const all = Array.from({ length: 300 }, (_, i) => freshId(`conversation ${i}`));
      const one = gateway('gateway-01');
      await Promise.all(all.map((id) => brief.conversations.subscribe(id, one)));
      for (let i = 0; i < 2; i++) {
        await harness.elapse(1100);
        expect(await brief.conversations.refresh(one, [...all, 'never'])).toEqual(['never']);
      }
      expect(await gatewaysOf(all[299] ?? '', brief)).toEqual(['gateway-01']);
    });

    // Interleaving: a message is stored while a gateway subscribes and reads the backlog. Whatever the order, one of the two has it.
    it('miss nothing between subscribing and reading', async () => {
      for (let round = 0; round < 100; round++) {
        const log = conversation('general');
        const subscribe = async () => {
          if (round % 3 === 1) await Promise.resolve();
          if (round % 3 === 2) await new Promise((turn) => setImmediate(turn));
          await engine.conversations.subscribe(log.id, gateway('gateway-01'));
          return engine.log.read(log, 0, 10);
        };
        const [{ gateways }, page] = await Promise.all([engine.log.append(log, [entry('a')]), subscribe()]);
        expect(gateways.length + bodies(page.entries).length).toBeGreaterThanOrEqual(1);
      }
    });

    // Interleaving: a member is put out while a session subscribes. In the order subscribe, then ask, one of the two sides notices.
    it('are named by a leave, or find that the member has left', async () => {
      const clients = await harness.clients(engine, 2);
      for (let round = 0; round < 60; round++) {
        const [general, alice] = [freshId('general'), freshId('alice')];
        await engine.conversations.join(general, alice);
        const subscribe = async () => {
          if (round % 3 === 1) await Promise.resolve();
          if (round % 3 === 2) await new Promise((turn) => setImmediate(turn));
          await clients[0]!.conversations.subscribe(general, gateway('gateway-01'));
          return clients[0]!.conversations.isMember(general, alice);
        };
        const [{ gateways }, member] = await Promise.all([
          clients[1]!.conversations.leave(general, alice),
          subscribe(),
        ]);
        expect(member && gateways.length === 0).toBe(false);
      }
    });
  });
}
