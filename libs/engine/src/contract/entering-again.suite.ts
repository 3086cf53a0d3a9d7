import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection, Engine, NewConnection } from '../port.js';
import { connection, freshId, gateway, type EngineHarness } from './harness.js';

const named = (connections: readonly Connection[]) => connections.map((c) => c.connectionId);

/** A connection that presence has forgotten, though its gateway still has it: PROTOCOL.md §4.8 holds whoever says what in which order. */
export function enteringAgainSuite(harness: EngineHarness): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await harness.start();
  });

  describe('a connection entered again', () => {
    /** Comes, is forgotten, and is given back with its place. */
    const forgotten = async (one: NewConnection): Promise<NewConnection> => {
      const { since } = await engine.presence.register(one, 9);
      await engine.presence.remove(one.userId, one.connectionId);
      return { ...one, since };
    };

    it('takes its old place', async () => {
      const user = freshId('alice');
      const old = await forgotten(connection(user, 'old'));
      const { since } = await engine.presence.register(connection(user, 'new'), 3);
      expect(since).toBeGreaterThanOrEqual(old.since ?? 0);
      const again = await engine.presence.register({ ...old, since: (old.since ?? 0) - 1 }, 3);
      expect(again).toMatchObject({ outranked: false, replaced: [], since: (old.since ?? 0) - 1 });
      expect(named(await engine.presence.locate(user))).toEqual(['old', 'new']);
      expect(again.live).toBe(2);
    });

    it('is what it was where nobody took its place', async () => {
      const user = freshId('alice');
      const old = await forgotten(connection(user, 'old', { device: 'phone' }));
      const again = await engine.presence.register(old, 1);
      expect(again).toMatchObject({ outranked: false, cameOnline: true, since: old.since });
      expect(again.visible).toMatchObject({ status: 'online', before: 'offline' });
    });

    // Interleaving: a newer connection replaces it → the packet that closes it is lost → its gateway's refresh finds it missing and enters it again.
    it.each([
      ['the same device', 'phone', 9],
      ['as many as are allowed', undefined, 1],
    ])('does not take the place of a newer one of %s', async (_, device, most) => {
      const user = freshId('alice');
      const { since } = await engine.presence.register(connection(user, 'old', { device }), most);
      const { replaced } = await engine.presence.register(connection(user, 'new', { device }), most);
      expect(named(replaced)).toEqual(['old']);
      const again = await engine.presence.register(connection(user, 'old', { device, since }), most);
      expect(again).toMatchObject({ outranked: true, replaced: [], since, cameOnline: false });
      expect(again.live).toBe(1);
      expect(named(await engine.presence.locate(user))).toEqual(['new']);
    });

    it('leaves nothing to be swept where it was not let in', async () => {
      const user = freshId('alice');
      const gatewayId = freshId('gateway');
      const { since } = await engine.presence.register(connection(user, 'old', { gatewayId }), 1);
      await engine.presence.register(connection(user, 'new'), 1);
      await engine.presence.register(connection(user, 'old', { gatewayId, since }), 1);
      expect((await engine.presence.ofGateway(gatewayId, 'first', '0', 10)).connections).toEqual([]);
    });

    it('makes room where older ones are too many', async () => {
      const user = freshId('alice');
      await engine.presence.register(connection(user, 'oldest'), 9);
      const middle = await forgotten(connection(user, 'middle'));
      await engine.presence.register(connection(user, 'newest'), 9);
      const again = await engine.presence.register(middle, 2);
      // Where `newest` came in the very millisecond, it counts as newer all the same.
      expect(named(again.replaced)).toEqual(['oldest']);
      expect(named(await engine.presence.locate(user)).sort()).toEqual(['middle', 'newest']);
      expect(again.live).toBe(2);
    });

    it('is known by its place though it was never forgotten', async () => {
      const user = freshId('alice');
      const { since } = await engine.presence.register(connection(user, 'c1'), 2);
      await engine.presence.register(connection(user, 'c2'), 2);
      const again = await engine.presence.register(connection(user, 'c1', { since, incarnation: 'second' }), 2);
      expect(again).toMatchObject({ outranked: false, replaced: [], since });
      expect(named(await engine.presence.locate(user))).toEqual(['c1', 'c2']);
      expect(again.live).toBe(2);
    });
  });

  // Interleaving: a registration waits (its owner hangs) → its client gives up and registers elsewhere → the waiting one is carried out.
  describe('a connection that comes late', () => {
    it('takes the place it would have had, and none where newer ones have it', async () => {
      const user = freshId('alice');
      await engine.presence.register(connection(user, 'new', { device: 'phone' }), 3);
      const late = await engine.presence.register(connection(user, 'late', { device: 'phone', lateMs: 5_000 }), 3);
      expect(late).toMatchObject({ outranked: true, replaced: [] });
      expect(named(await engine.presence.locate(user))).toEqual(['new']);
      expect(late.live).toBe(1);
      const other = await engine.presence.register(connection(user, 'other', { lateMs: 5_000 }), 3);
      expect(other).toMatchObject({ outranked: false, replaced: [] });
      expect(named(await engine.presence.locate(user))).toEqual(['other', 'new']);
      expect(other.live).toBe(2);
    });

    it('is let in where nobody came meanwhile', async () => {
      const user = freshId('alice');
      const late = await engine.presence.register(connection(user, 'late', { device: 'phone', lateMs: 5_000 }), 1);
      expect(late).toMatchObject({ outranked: false, cameOnline: true });
    });
  });

  describe('a sweep', () => {
    it('removes what is that process’s, says what each user is then, and clears the index', async () => {
      const gatewayId = freshId('gateway');
      const users = Array.from({ length: 300 }, (_, i) => freshId(`user ${i}`));
      for (const user of users) await engine.presence.register(connection(user, `c of ${user}`, { gatewayId }), 3);
      await engine.presence.register(connection(users[0]!, 'elsewhere'), 3);
      const places = users.map((userId) => ({ userId, connectionId: `c of ${userId}` }));
      const swept = await engine.presence.sweep(gateway(gatewayId), places);
      expect(swept).toHaveLength(300);
      expect(swept[0]).toMatchObject({ removed: true, remaining: 1, visible: { status: 'online', before: 'online' } });
      for (const one of swept.slice(1))
        expect(one).toMatchObject({ removed: true, remaining: 0, visible: { status: 'offline', before: 'online' } });
      expect(await engine.presence.ofGateway(gatewayId, 'first', '0', 500)).toEqual({ cursor: '0', connections: [] });
      const again = await engine.presence.sweep(gateway(gatewayId), places.slice(0, 2));
      expect(again.map(({ removed, remaining }) => [removed, remaining])).toEqual([
        [false, 1],
        [false, 0],
      ]);
    });

    // Interleaving: a gateway's lease lapses → the sweep has read its connections → it is back under a new incarnation and enters them again → the
    // sweep goes on.
    it('leaves what has been entered again by another process', async () => {
      const gatewayId = freshId('gateway');
      const user = freshId('alice');
      const { since } = await engine.presence.register(connection(user, 'c1', { gatewayId }), 3);
      await engine.presence.register(connection(user, 'c1', { gatewayId, since, incarnation: 'second' }), 3);
      const [swept] = await engine.presence.sweep(gateway(gatewayId), [{ userId: user, connectionId: 'c1' }]);
      expect(swept).toMatchObject({ removed: false, remaining: 1, visible: { status: 'online', before: 'online' } });
      expect(named(await engine.presence.locate(user))).toEqual(['c1']);
      expect((await engine.presence.ofGateway(gatewayId, 'second', '0', 10)).connections).toHaveLength(1);
    });
  });

  it('watchers of many users are asked for at once', async () => {
    const users = Array.from({ length: 300 }, (_, i) => freshId(`user ${i}`));
    await engine.watchers.add(users.slice(1), gateway('gateway-01'));
    const all = await engine.watchers.ofEach(users);
    expect(all).toEqual(users.map((_, i) => (i === 0 ? [] : [gateway('gateway-01')])));
    expect(await engine.watchers.ofEach([])).toEqual([]);
  });
}
