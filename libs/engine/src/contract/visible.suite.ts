import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Engine, PresenceStatus, Visible } from '../port.js';
import { connection, freshId, type EngineHarness } from './harness.js';

/** What others see of a user, and in what order it came to be. */
export function visibleSuite(harness: EngineHarness): void {
  let engine: Engine;
  let user: string;
  beforeAll(async () => {
    engine = await harness.start();
  });

  /** That everything is as in `visible`, and nothing has changed since. */
  const still = (visible: Visible): Visible => ({ ...visible, before: visible.status });
  const register = async (id: string, status: PresenceStatus = 'online'): Promise<Visible> =>
    (await engine.presence.register(connection(user, id, { status }), 3)).visible;
  const remove = async (id: string): Promise<Visible> => (await engine.presence.remove(user, id)).visible;
  const set = async (id: string, status: PresenceStatus): Promise<Visible> =>
    (await engine.presence.setStatus(user, id, status)).visible;
  const seen = async (on = engine): Promise<Visible | undefined> =>
    (await on.presence.describe([freshId('other'), user]))[1]?.visible;

  describe('what others see', () => {
    it('of somebody never seen is offline, without a time', async () => {
      user = freshId('alice');
      expect(await seen()).toEqual({ status: 'offline', before: 'offline', version: 0 });
      expect(await remove('none')).toEqual({ status: 'offline', before: 'offline', version: 0 });
    });

    it('is the best status of the live connections', async () => {
      user = freshId('alice');
      expect((await register('c1', 'offline')).status).toBe('offline');
      expect((await register('c2', 'away')).status).toBe('away');
      expect((await register('c3')).status).toBe('online');
      expect((await set('c3', 'offline')).status).toBe('away');
      expect((await set('c1', 'online')).status).toBe('online');
      expect((await remove('c1')).status).toBe('away');
      expect((await seen())?.status).toBe('away');
      expect((await remove('c2')).status).toBe('offline');
    });

    it('has a version that rises with each change of it, however fast they come, and with nothing else', async () => {
      user = freshId('alice');
      const versions = [(await register('c1')).version];
      for (let i = 0; i < 50; i++) {
        const { version } = await set('c1', i % 2 === 0 ? 'away' : 'online');
        expect(version).toBeGreaterThan(versions.at(-1) ?? Infinity);
        versions.push(version);
      }
      const last = await register('c2', 'away');
      expect(last.version).toBe(versions.at(-1));
      expect(await set('none', 'away')).toEqual(still(last));
      expect(await remove('c2')).toEqual(still(last));
      expect(await seen()).toEqual(still(last));
      expect((await remove('c1')).version).toBeGreaterThan(last.version);
    });

    it('tells nothing of a connection that is not seen: neither its coming nor its going', async () => {
      user = freshId('alice');
      await register('c1');
      const hidden = await set('c1', 'offline');
      expect(hidden).toMatchObject({ status: 'offline', lastSeen: expect.any(Number) });
      await harness.elapse(5);
      await engine.presence.refresh([{ userId: user, connectionId: 'c1' }]);
      expect(await seen()).toEqual(still(hidden));
      expect(await remove('c1')).toEqual(still(hidden));
      expect(await register('c2', 'offline')).toEqual(still(hidden));
      expect(await remove('c2')).toEqual(still(hidden));
    });

    it('ends when nothing is refreshed, with a version above all before', async () => {
      const brief = await harness.start({ presenceTtlMs: 1_000 });
      user = freshId('alice');
      const { visible } = await brief.presence.register(connection(user, 'c1', { status: 'away' }), 3);
      await harness.elapse(1_001);
      const ended = await seen(brief);
      expect(ended).toMatchObject({ status: 'offline', before: 'away', lastSeen: expect.any(Number) });
      expect(ended?.version).toBeGreaterThan(visible.version);
      expect(ended?.lastSeen).toBeLessThan(ended?.version ?? 0);
      expect(await seen(brief)).toEqual(ended && still(ended));
    });

    it('is in one order for all who change it at once', async () => {
      user = freshId('alice');
      await register('c1');
      const clients = await harness.clients(engine, 3);
      const changes = Array.from({ length: 60 }, (_, i) =>
        clients[i % 3]!.presence.setStatus(user, 'c1', i % 2 === 0 ? 'away' : 'online'),
      );
      const results = (await Promise.all(changes)).map(({ visible }) => visible);
      // A change is known as one to the call that made it, and to no other.
      const made = results.filter(({ before, status }) => before !== status).map(({ version }) => version);
      expect(new Set(made).size).toBe(made.length);
      expect(made.sort((a, b) => a - b)).toEqual(
        [...new Set(results.map(({ version }) => version))].sort((a, b) => a - b).slice(-made.length),
      );
      const byVersion = new Map<number, PresenceStatus>();
      for (const { version, status } of results) {
        expect(byVersion.get(version) ?? status).toBe(status);
        byVersion.set(version, status);
      }
      const newest = Math.max(...byVersion.keys());
      expect(await seen()).toEqual({
        status: byVersion.get(newest),
        before: byVersion.get(newest),
        version: newest,
      });
    });
  });
}
