import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Engine, GatewayProcess } from '../port.js';
import { connection, freshId, gateway, type EngineHarness } from './harness.js';

const sorted = (gateways: readonly GatewayProcess[]) => gateways.map((g) => `${g.gatewayId}|${g.incarnation}`).sort();

/** Which gateways are told of a user's status. */
export function watchersSuite(harness: EngineHarness): void {
  describe('watchers', () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await harness.start();
    });

    it('are the gateway processes that were added and not removed, each once', async () => {
      const [alice, bob, nobody] = [freshId('alice'), freshId('bob'), freshId('nobody')];
      const [one, two] = [gateway('gateway 01 %20'), gateway('gateway-02')];
      await engine.watchers.add([alice, bob], one);
      await engine.watchers.add([alice], two);
      await engine.watchers.add([alice], one);
      expect(sorted(await engine.watchers.of(alice))).toEqual(['gateway 01 %20|first', 'gateway-02|first']);
      expect(sorted(await engine.watchers.of(bob))).toEqual(['gateway 01 %20|first']);
      expect(await engine.watchers.of(nobody)).toEqual([]);
      await engine.watchers.remove([alice, nobody], one);
      expect(await engine.watchers.of(alice)).toEqual([two]);
      expect(await engine.watchers.of(bob)).toEqual([one]);
    });

    it('are said with a registration, by engines that do', async () => {
      const alice = freshId('alice');
      const [one, two] = [gateway('gateway 01 %20'), gateway('gateway-02')];
      const said = async (id: string) => {
        const { watchers } = await engine.presence.register(connection(alice, id), 1);
        const asked = await engine.watchers.of(alice);
        expect(sorted(watchers ?? asked)).toEqual(sorted(asked));
        return asked.length;
      };
      expect(await said('c1')).toBe(0);
      await engine.watchers.add([alice], one);
      await engine.watchers.add([alice], two);
      expect(await said('c2')).toBe(2);
      await engine.watchers.remove([alice], one);
      expect(await said('c3')).toBe(1);
    });

    it('are told apart, whatever spaces their names have', async () => {
      const alice = freshId('alice');
      const all = [gateway('a b', 'c'), gateway('a', 'b c'), gateway('a%20b', 'c'), gateway('a', 'b%20c')];
      for (const one of all) await engine.watchers.add([alice], one);
      expect(sorted(await engine.watchers.of(alice))).toEqual(sorted(all));
    });

    // Interleaving: gateway-01 dies, comes back as another incarnation and watches; then a late unwatch of the old one arrives.
    it('are removed by their own incarnation only', async () => {
      const alice = freshId('alice');
      await engine.watchers.add([alice], gateway('gateway-01', 'old'));
      await engine.watchers.add([alice], gateway('gateway-01', 'new'));
      await engine.watchers.remove([alice], gateway('gateway-01', 'old'));
      expect(await engine.watchers.of(alice)).toEqual([gateway('gateway-01', 'new')]);
    });

    it('run out one by one, and are there again when added again', async () => {
      const brief = await harness.start({ presenceTtlMs: 1000 });
      const alice = freshId('alice');
      await brief.watchers.add([alice], gateway('gateway-01'));
      await harness.elapse(600);
      await brief.watchers.add([alice], gateway('gateway-02'));
      await harness.elapse(401);
      expect(await brief.watchers.of(alice)).toEqual([gateway('gateway-02')]);
      await brief.watchers.add([alice], gateway('gateway-01'));
      await harness.elapse(600);
      expect(await brief.watchers.of(alice)).toEqual([gateway('gateway-01')]);
    });

    it('live on when refreshed in time', async () => {
      const brief = await harness.start({ presenceTtlMs: 1000 });
      const alice = freshId('alice');
      for (let i = 0; i < 3; i++) {
        await brief.watchers.add([alice], gateway('gateway-01'));
        await harness.elapse(600);
        expect(await brief.watchers.of(alice)).toEqual([gateway('gateway-01')]);
      }
    });

    it('watch hundreds in one call', async () => {
      const users = Array.from({ length: 500 }, (_, i) => freshId(`user ${i}`));
      await engine.watchers.add(users, gateway('gateway-01'));
      const watched = await Promise.all(users.map((user) => engine.watchers.of(user)));
      expect(watched).toEqual(users.map(() => [gateway('gateway-01')]));
      await engine.watchers.remove(users, gateway('gateway-01'));
      expect((await Promise.all(users.map((user) => engine.watchers.of(user)))).flat()).toEqual([]);
      await engine.watchers.add([], gateway('gateway-01'));
    });

    // Interleaving: bob's gateway begins to watch alice while she comes online. Whatever the order, one of the two has it.
    it('miss no change between adding and looking', async () => {
      for (let round = 0; round < 60; round++) {
        const alice = freshId('alice');
        const watch = async () => {
          if (round % 3 === 1) await Promise.resolve();
          if (round % 3 === 2) await new Promise((turn) => setImmediate(turn));
          await engine.watchers.add([alice], gateway('gateway-01'));
          return (await engine.presence.describe([alice]))[0]?.connections ?? [];
        };
        const change = async () => {
          await engine.presence.register(connection(alice, 'c1'), 3);
          return engine.watchers.of(alice);
        };
        const [told, seen] = await Promise.all([change(), watch()]);
        expect(told.length + seen.length).toBeGreaterThanOrEqual(1);
      }
    });
  });
}
