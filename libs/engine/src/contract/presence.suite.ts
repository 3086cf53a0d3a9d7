import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection, Engine } from '../port.js';
import { bodies, connection, entry, freshId, type EngineHarness } from './harness.js';

const named = (connections: readonly Pick<Connection, 'connectionId'>[]) => connections.map((c) => c.connectionId);

/** Who is connected where: PROTOCOL.md §4.8, DESIGN.md §6. */
export function presenceSuite(harness: EngineHarness): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await harness.start();
  });

  describe('register', () => {
    it('adds a connection and says that the user came online', async () => {
      const user = freshId('alice');
      const first = await engine.presence.register(connection(user, 'c1', { device: 'phone', status: 'away' }), 3);
      expect(first).toMatchObject({ cameOnline: true, replaced: [], live: 1 });
      expect(await engine.presence.locate(user)).toEqual([
        { connectionId: 'c1', gatewayId: 'gateway-01', device: 'phone', status: 'away', timestamp: expect.any(Number) },
      ]);
      const second = await engine.presence.register(connection(user, 'c2'), 3);
      expect(second).toMatchObject({ cameOnline: false, live: 2 });
      const both = await engine.presence.locate(user);
      expect(named(both)).toEqual(['c1', 'c2']);
      expect(both[1]).not.toHaveProperty('device');
    });

    it('overwrites the same connection, which keeps its place', async () => {
      const user = freshId('alice');
      await engine.presence.register(connection(user, 'c1'), 2);
      await engine.presence.register(connection(user, 'c2'), 2);
      const again = await engine.presence.register(connection(user, 'c1', { status: 'away' }), 2);
      expect(again).toMatchObject({ cameOnline: false, replaced: [], live: 2 });
      expect((await engine.presence.locate(user)).map((c) => [c.connectionId, c.status])).toEqual([
        ['c1', 'away'],
        ['c2', 'online'],
      ]);
    });

    it('replaces the connection of the same device, wherever it is', async () => {
      const user = freshId('alice');
      for (const device of ['phone', 'phone"}', 'tele,"device":"phone']) {
        await engine.presence.register(connection(user, device, { device }), 9);
      }
      await engine.presence.register(connection(user, 'no device'), 9);
      const moved = connection(user, 'new', { device: 'phone', gatewayId: 'gateway-02' });
      const { replaced, live } = await engine.presence.register(moved, 9);
      expect(named(replaced)).toEqual(['phone']);
      const left = await engine.presence.locate(user);
      expect(named(left)).toEqual(['phone"}', 'tele,"device":"phone', 'no device', 'new']);
      expect(live).toBe(4);
    });

    it('lets the newest in and the oldest go when there are too many', async () => {
      const user = freshId('alice');
      for (const id of ['c1', 'c2', 'c3']) await engine.presence.register(connection(user, id), 3);
      await engine.presence.refresh([{ userId: user, connectionId: 'c1' }]);
      const { replaced, live } = await engine.presence.register(connection(user, 'c4'), 3);
      expect(named(replaced)).toEqual(['c1']);
      expect(live).toBe(3);
      expect(named(await engine.presence.locate(user))).toEqual(['c2', 'c3', 'c4']);
      const one = await engine.presence.register(connection(user, 'c5'), 1);
      expect(named(one.replaced)).toEqual(['c2', 'c3', 'c4']);
      expect(one.live).toBe(1);
      expect(named(await engine.presence.locate(user))).toEqual(['c5']);
    });

    it('never lets more in than allowed, however many come at once', async () => {
      const user = freshId('alice');
      const clients = await harness.clients(engine, 4);
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, i) => clients[i % 4]!.presence.register(connection(user, `c${i}`), 3)),
      );
      for (const { live } of results) expect(live).toBeLessThanOrEqual(3);
      expect(results.filter((r) => r.cameOnline)).toHaveLength(1);
      const gone = results.flatMap((r) => named(r.replaced));
      expect(new Set(gone).size).toBe(37);
      expect(gone).toHaveLength(37);
      expect(await engine.presence.locate(user)).toHaveLength(3);
    });
  });

  it('registers and removes many users at once, each as if alone', async () => {
    const users = Array.from({ length: 70 }, (_, i) => freshId(`user ${i}`));
    const most = 2;
    const of = (user: string, id: string, i: number) =>
      connection(user, `${id} of ${user}`, { gatewayId: 'many', device: `device ${i % 3}` });
    const results = await Promise.all(
      users.flatMap((user, i) =>
        ['c1', 'c2', 'c3'].map((id, n) => engine.presence.register(of(user, id, i * n), most)),
      ),
    );
    const live = await Promise.all(users.map(async (user) => named(await engine.presence.locate(user))));
    users.forEach((user, i) => {
      const own = results.slice(3 * i, 3 * i + 3);
      expect(own.map((r) => r.cameOnline)).toEqual([true, false, false]);
      const gone = own.flatMap((r) => named(r.replaced));
      expect(own[2]!.live).toBe(live[i]!.length);
      expect([...gone, ...live[i]!]).toEqual(['c1', 'c2', 'c3'].map((id) => `${id} of ${user}`));
    });
    const removed = await Promise.all(users.map((user) => engine.presence.remove(user, `c3 of ${user}`)));
    removed.forEach(({ remaining }, i) => expect(remaining).toBe(live[i]!.length - 1));
    expect(removed.every((r) => r.removed)).toBe(true);
    const left = live.flatMap((ids) => ids.slice(0, -1));
    const page = await engine.presence.ofGateway('many', 'first', '0', 500);
    expect(new Set(named(page.connections))).toEqual(new Set(left));
  });

  describe('remove', () => {
    it('removes one and counts those left; the last one leaves a time', async () => {
      const user = freshId('alice');
      await engine.presence.register(connection(user, 'c1'), 3);
      await engine.presence.register(connection(user, 'c2'), 3);
      expect(await engine.presence.remove(user, 'c1')).toMatchObject({ removed: true, remaining: 1 });
      const last = await engine.presence.remove(user, 'c2');
      expect(last).toMatchObject({
        removed: true,
        remaining: 0,
        visible: { status: 'offline', lastSeen: expect.any(Number) },
      });
      expect(await engine.presence.remove(user, 'c2')).toEqual({
        removed: false,
        remaining: 0,
        visible: { ...last.visible, before: 'offline' },
      });
      expect(await engine.presence.locate(user)).toEqual([]);
      expect((await engine.presence.register(connection(user, 'c3'), 3)).cameOnline).toBe(true);
    });

    // Interleaving: a client leaves gateway-01 without a word and registers on gateway-02; only then does gateway-01 notice, and cleans up.
    it.each(['phone', undefined])(
      'of an old connection, late, leaves the new one alone (device %s)',
      async (device) => {
        const user = freshId('alice');
        await engine.presence.register(connection(user, 'old', { device }), 1);
        const moved = connection(user, 'new', { device, gatewayId: 'gateway-02', incarnation: 'other' });
        expect(named((await engine.presence.register(moved, 1)).replaced)).toEqual(['old']);
        expect(await engine.presence.refresh([{ userId: user, connectionId: 'old' }])).toEqual(['old']);
        expect(await engine.presence.remove(user, 'old')).toMatchObject({ removed: false, remaining: 1 });
        expect(await engine.presence.locate(user)).toMatchObject([{ connectionId: 'new', gatewayId: 'gateway-02' }]);
      },
    );
  });

  describe('refresh', () => {
    it('extends what is there, names what is not, and brings nothing back', async () => {
      const users = Array.from({ length: 300 }, (_, i) => freshId(`user ${i}`));
      await Promise.all(users.map((user) => engine.presence.register(connection(user, `c of ${user}`), 3)));
      const [gone, ...rest] = users.map((userId) => ({ userId, connectionId: `c of ${userId}` }));
      await engine.presence.remove(gone!.userId, gone!.connectionId);
      expect(await engine.presence.refresh([gone!, ...rest, { userId: users[1]!, connectionId: 'never' }])).toEqual([
        gone!.connectionId,
        'never',
      ]);
      expect(await engine.presence.locate(gone!.userId)).toEqual([]);
      expect(await engine.presence.refresh([])).toEqual([]);
    });

    it('moves the timestamp and keeps the rest', async () => {
      const user = freshId('alice');
      await engine.presence.register(connection(user, 'c1', { device: 'phone', status: 'away' }), 3);
      const [registered] = await engine.presence.locate(user);
      await harness.elapse(5);
      await engine.presence.refresh([{ userId: user, connectionId: 'c1' }]);
      const [refreshed] = await engine.presence.locate(user);
      expect(refreshed).toEqual({ ...registered, timestamp: expect.any(Number) });
      expect(refreshed!.timestamp).toBeGreaterThan(registered!.timestamp);
    });
  });

  describe('expiry', () => {
    it('takes one connection and leaves the user’s others', async () => {
      const brief = await harness.start({ presenceTtlMs: 1000 });
      const user = freshId('alice');
      const log = { kind: 'inbox', id: user } as const;
      await brief.presence.register(connection(user, 'stale'), 3);
      await harness.elapse(1001);
      const fresh = await brief.presence.register(connection(user, 'live'), 3);
      expect(fresh).toMatchObject({ cameOnline: true, replaced: [], live: 1 });
      expect(named(await brief.presence.locate(user))).toEqual(['live']);
      expect(named((await brief.log.append(log, [entry('a')])).connections)).toEqual(['live']);
      expect(await brief.presence.refresh([{ userId: user, connectionId: 'stale' }])).toEqual(['stale']);
      expect(await brief.presence.remove(user, 'stale')).toMatchObject({ removed: false, remaining: 1 });
    });

    it('takes the last one, and the user with it', async () => {
      const brief = await harness.start({ presenceTtlMs: 100 });
      const user = freshId('alice');
      await brief.presence.register(connection(user, 'c1'), 3);
      await harness.elapse(101);
      expect(await brief.presence.remove(user, 'c1')).toMatchObject({ removed: false, remaining: 0 });
      expect(await brief.presence.locate(user)).toEqual([]);
    });
  });

  describe('the index of a gateway process', () => {
    it('names what it has registered and not removed, in pages, and nothing of its successor', async () => {
      const gatewayId = freshId('gateway');
      const process = { gatewayId, incarnation: 'first' };
      const users = Array.from({ length: 25 }, (_, i) => freshId(`user ${i}`));
      for (const user of users) await engine.presence.register(connection(user, `c of ${user}`, process), 3);
      await engine.presence.register(connection(freshId('bob'), 'c', { gatewayId, incarnation: 'second' }), 3);
      await engine.presence.remove(users[0]!, `c of ${users[0]!}`);
      const found = new Set<string>();
      let cursor = '0';
      do {
        const page = await engine.presence.ofGateway(gatewayId, 'first', cursor, 10);
        for (const { userId, connectionId } of page.connections) {
          expect(connectionId).toBe(`c of ${userId}`);
          found.add(userId);
        }
        cursor = page.cursor;
      } while (cursor !== '0');
      expect([...found].sort()).toEqual(users.slice(1).sort());
    });

    it('loses what was replaced, and is empty after a sweep', async () => {
      const gatewayId = freshId('gateway');
      const user = freshId('alice');
      await engine.presence.register(connection(user, 'c1', { gatewayId, device: 'phone' }), 3);
      await engine.presence.register(connection(user, 'c2', { gatewayId, device: 'phone' }), 3);
      const { connections } = await engine.presence.ofGateway(gatewayId, 'first', '0', 10);
      expect(connections).toEqual([{ userId: user, connectionId: 'c2' }]);
      for (const c of connections)
        expect(await engine.presence.remove(c.userId, c.connectionId)).toMatchObject({ removed: true });
      expect(await engine.presence.ofGateway(gatewayId, 'first', '0', 10)).toEqual({ cursor: '0', connections: [] });
    });
  });

  // Interleaving: a message is stored while its recipient registers and reads its backlog. Whatever the order, one of the two has it.
  it('lets no message slip between registering and reading', async () => {
    for (let round = 0; round < 100; round++) {
      const user = freshId('alice');
      const log = { kind: 'inbox', id: user } as const;
      const reading = async () => {
        if (round % 3 === 1) await Promise.resolve();
        if (round % 3 === 2) await new Promise((turn) => setImmediate(turn));
        await engine.presence.register(connection(user, 'c1'), 3);
        return engine.log.read(log, 0, 10);
      };
      const [{ connections }, page] = await Promise.all([engine.log.append(log, [entry('a')]), reading()]);
      expect(connections.length + bodies(page.entries).length).toBeGreaterThanOrEqual(1);
    }
  });
}
