import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Engine, LeaseRecord } from '../port.js';
import { freshId, type EngineHarness } from './harness.js';

/** Instances' leases: DESIGN.md §5. */
export function leasesSuite(harness: EngineHarness): void {
  describe('leases', () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await harness.start();
    });

    const lease = (role: string, id: string, incarnation = 'first'): LeaseRecord => ({ role, id, incarnation });
    const hold = async (leases: readonly LeaseRecord[], ttlMs = 60_000) => {
      const result = await engine.leases.hold(leases, ttlMs);
      if (!result.held) return result.reason;
      const ours = (live: LeaseRecord) => leases.some((one) => one.role === live.role);
      return result.live.filter(ours).map(({ role, id, incarnation }) => lease(role, id, incarnation));
    };

    it('are held, renewed and seen by all, with what is left of their life', async () => {
      const [gateway, router] = [lease(freshId('gateway'), '01'), lease(freshId('router'), '01')];
      expect(await hold([gateway])).toEqual([gateway]);
      const result = await engine.leases.hold([router, lease(gateway.role, '02')], 5000);
      expect(result.held && result.live).toEqual(
        expect.arrayContaining([
          { ...gateway, remainingMs: expect.any(Number) },
          { ...router, remainingMs: 5000 },
          { ...gateway, id: '02', remainingMs: 5000 },
        ]),
      );
      expect(await hold([gateway])).toHaveLength(2);
    });

    it('are refused, all of them, when another incarnation holds one', async () => {
      const role = freshId('gateway');
      await hold([lease(role, '01')]);
      expect(await hold([lease(role, '02', 'second'), lease(role, '01', 'second')])).toBe('taken');
      expect(await hold([lease(role, '01')])).toEqual([lease(role, '01')]);
    });

    it('are given to one of many who ask at once', async () => {
      const role = freshId('gateway');
      const clients = await harness.clients(engine, 5);
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) => clients[i % 5]!.leases.hold([lease(role, '01', `process ${i}`)], 60_000)),
      );
      expect(results.filter(({ held }) => held)).toHaveLength(1);
    });

    it('run out, and are another’s to take then', async () => {
      const role = freshId('gateway');
      await hold([lease(role, '01')], 100);
      await harness.elapse(101);
      expect(await hold([lease(role, '02')])).toEqual([lease(role, '02')]);
      expect(await hold([lease(role, '01', 'second')])).toHaveLength(2);
      expect(await hold([lease(role, '01', 'first')])).toBe('taken');
    });

    it('are held on by the same incarnation, or taken anew by the next one once they have ended', async () => {
      const [gateway, other] = [lease(freshId('gateway'), '01'), lease(freshId('other'), '01')];
      let lifeMs = 100;
      const held = async (next: string, ...leases: LeaseRecord[]) => {
        const result = await engine.leases.hold(leases, lifeMs, next);
        if (!result.held) return result.reason;
        const mine = result.live.filter(({ role }) => leases.some((one) => one.role === role));
        return [result.renewed, ...mine.map(({ incarnation }) => incarnation).sort()];
      };
      await hold([gateway], 60_000);
      expect(await held('next', gateway)).toEqual([false, 'first']);
      await harness.elapse(101);
      lifeMs = 60_000;
      expect(await held('next', gateway)).toEqual([true, 'next']);
      // The answer was lost: the same question again.
      expect(await held('next', gateway)).toEqual([true, 'next']);
      expect(await held('third', lease(gateway.role, '01', 'next'))).toEqual([false, 'next']);
      expect(await held('third', gateway)).toBe('taken');
      // All or none are the next incarnation's.
      await hold([other], 60_000);
      expect(await held('next', gateway, other)).toEqual([true, 'next', 'next']);
    });

    it('say who is leaving', async () => {
      const gateway = { ...lease(freshId('gateway'), '01'), leaving: true };
      const result = await engine.leases.hold([gateway], 60_000);
      expect(result.held && result.live).toContainEqual({ ...gateway, remainingMs: 60_000 });
      expect(await hold([lease(gateway.role, '01')])).toHaveLength(1);
    });

    it('are released by their holder only', async () => {
      const role = freshId('gateway');
      await hold([lease(role, '01')]);
      await engine.leases.release([lease(role, '01', 'second'), lease(role, '02')]);
      expect(await hold([lease(role, '01', 'second')])).toBe('taken');
      await engine.leases.release([lease(role, '01')]);
      expect(await hold([lease(role, '01', 'second')])).toEqual([lease(role, '01', 'second')]);
    });

    it('keep roles and ids apart that look alike when put together', async () => {
      const name = freshId('a');
      expect(await hold([lease(`${name}/b`, 'c')])).toHaveLength(1);
      expect(await hold([lease(name, 'b/c', 'second')])).toHaveLength(1);
    });
  });
}
