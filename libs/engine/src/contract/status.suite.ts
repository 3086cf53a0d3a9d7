import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Engine } from '../port.js';
import { connection, freshId, type EngineHarness } from './harness.js';

/** Online, away, offline, and since when: PROTOCOL.md §2 `presence`, `watch`. */
export function statusSuite(harness: EngineHarness): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await harness.start();
  });

  describe('setting a status', () => {
    it('changes that of one connection, and nothing else of it', async () => {
      const user = freshId('alice');
      const tricky = { device: 'x,"status":"online"', gatewayId: ',"status":"online"', incarnation: '"status":"away"' };
      await engine.presence.register(connection(user, 'c1', tricky), 3);
      await engine.presence.register(connection(user, 'c2'), 3);
      const [first, second] = await engine.presence.locate(user);
      const result = await engine.presence.setStatus(user, 'c1', 'away');
      expect(result.changed).toBe(true);
      expect(result.connections).toEqual([{ ...first, status: 'away' }, second]);
      expect(await engine.presence.locate(user)).toEqual(result.connections);
      expect(await engine.presence.setStatus(user, 'c1', 'offline')).toMatchObject({ changed: true });
      expect((await engine.presence.locate(user)).map((c) => c.status)).toEqual(['offline', 'online']);
    });

    it('says when nothing changed: the same status, or a connection that is not there', async () => {
      const user = freshId('alice');
      await engine.presence.register(connection(user, 'c1', { status: 'away' }), 3);
      const connections = await engine.presence.locate(user);
      expect(await engine.presence.setStatus(user, 'c1', 'away')).toMatchObject({ changed: false, connections });
      expect(await engine.presence.setStatus(user, 'c2', 'online')).toMatchObject({ changed: false, connections });
      expect(await engine.presence.setStatus(freshId('bob'), 'c1', 'away')).toMatchObject({
        changed: false,
        connections: [],
      });
    });

    it('is kept by a refresh, and brings nothing back', async () => {
      const brief = await harness.start({ presenceTtlMs: 1000 });
      const user = freshId('alice');
      await brief.presence.register(connection(user, 'c1'), 3);
      await brief.presence.setStatus(user, 'c1', 'away');
      expect(await brief.presence.refresh([{ userId: user, connectionId: 'c1' }])).toEqual([]);
      expect(await brief.presence.locate(user)).toMatchObject([{ status: 'away' }]);
      await harness.elapse(1001);
      expect(await brief.presence.setStatus(user, 'c1', 'online')).toMatchObject({ changed: false, connections: [] });
      expect(await brief.presence.locate(user)).toEqual([]);
    });

    it('does not extend a life', async () => {
      const brief = await harness.start({ presenceTtlMs: 1000 });
      const user = freshId('alice');
      await brief.presence.register(connection(user, 'c1'), 3);
      const connections = await brief.presence.locate(user);
      await harness.elapse(2);
      const after = await brief.presence.setStatus(user, 'c1', 'away');
      expect(after.connections[0]?.timestamp).toBe(connections[0]?.timestamp);
    });
  });

  describe('describing users', () => {
    it('tells each one’s connections and when the last one went, in the order asked', async () => {
      const [gone, here, never] = [freshId('gone'), freshId('here'), freshId('never')];
      await engine.presence.register(connection(gone, 'c1'), 3);
      const { visible } = await engine.presence.remove(gone, 'c1');
      const registered = await engine.presence.register(connection(here, 'c1', { status: 'away' }), 3);
      const visibleNow = { ...registered.visible, before: 'away' };
      const described = { userId: here, connections: await engine.presence.locate(here), visible: visibleNow };
      expect(await engine.presence.describe([gone, here, never, here])).toEqual([
        { userId: gone, connections: [], visible: { ...visible, before: 'offline' } },
        described,
        { userId: never, connections: [], visible: { status: 'offline', before: 'offline', version: 0 } },
        described,
      ]);
      expect(await engine.presence.describe([])).toEqual([]);
    });

    it('takes hundreds', async () => {
      const users = Array.from({ length: 500 }, (_, i) => freshId(`user ${i}`));
      await Promise.all(users.map((user, i) => engine.presence.register(connection(user, `c${i}`), 3)));
      const described = await engine.presence.describe(users);
      expect(described.map(({ userId, connections }) => [userId, connections[0]?.connectionId])).toEqual(
        users.map((user, i) => [user, `c${i}`]),
      );
    });

    it('leaves out what has run out', async () => {
      const brief = await harness.start({ presenceTtlMs: 100 });
      const user = freshId('alice');
      await brief.presence.register(connection(user, 'c1'), 3);
      await harness.elapse(101);
      expect(await brief.presence.describe([user])).toMatchObject([{ connections: [] }]);
    });

    it('does not depend on the user’s log, which begins its life later', async () => {
      const user = freshId('alice');
      await engine.presence.register(connection(user, 'c1'), 3);
      const { visible } = await engine.presence.remove(user, 'c1');
      await engine.log.open({ kind: 'inbox', id: user }, { limit: 1 });
      expect(await engine.presence.describe([user])).toEqual([
        { userId: user, connections: [], visible: { ...visible, before: 'offline' } },
      ]);
    });
  });
}
