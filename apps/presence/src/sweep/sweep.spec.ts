import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PRESENCE, ROLE, type RegisterReply } from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { byKey, type LeaseStore, type MeshNode } from '#mesh';
import { ENGINE_KINDS, eventually, RedisServer, Stage, type EngineGate, type RoleHost } from '#testing';
import { PresenceEvents } from '../presence/presence-events.js';
import { PresenceModule } from '../presence.module.js';
import { sweepKey } from './casualties.js';
import { GatewayWatch } from './gateway-watch.js';

const AWAY = new EngineUnavailableError('away');
const CONFIG = { MAX_CONNECTIONS_PER_USER: 3, OFFLINE_GRACE_MS: 100 };
/** The view of others is soon renewed, and no slow machine costs anybody a lease. */
const LEASE = { beatMs: 100, ttlMs: 60_000 };
const users = (count: number): string[] => Array.from({ length: count }, (_, i) => `user-${i}`);

describe.each(ENGINE_KINDS)('sweeping after a gateway that died, on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let gate: EngineGate;
  let engine: Engine;
  let presences: RoleHost[];
  let gateway: MeshNode;
  let offline: string[];
  /** The instance whose lease has ended, as all others see it. */
  let ended: string | undefined;

  const withoutEnded = (leases: LeaseStore): LeaseStore => ({
    hold: async (own, ttlMs) => {
      const result = await leases.hold(own, ttlMs);
      return result.held ? { ...result, live: result.live.filter(({ id }) => id !== ended) } : result;
    },
    release: (own) => leases.release(own),
  });

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  beforeEach(async () => {
    ended = undefined;
    stage = await Stage.start({ kind, redis, lease: LEASE, wrap: withoutEnded });
    ({ gate, engine } = stage);
    offline = [];
    presences = [];
    for (const id of ['presence-01', 'presence-02']) {
      const host = await stage.host(ROLE.presence, id, PresenceModule, CONFIG);
      host.get(PresenceEvents).subscribe(({ userId, status }) => status === 'offline' && offline.push(userId));
      presences.push(host);
    }
    gateway = await stage.node(ROLE.gateway, 'gateway-01');
  });
  afterEach(async () => stage.stop());

  const register = (
    from: MeshNode,
    userId: string,
    connectionId: string,
    of: MeshNode = from,
  ): Promise<RegisterReply> => {
    const { id: gatewayId, incarnation } = of.self;
    const request = { userId, connectionId, gatewayId, incarnation };
    return from.ask(byKey(ROLE.presence, userId), PRESENCE.register, request, { timeoutMs: 20_000 });
  };
  const registerAll = async (from: MeshNode, count: number): Promise<void> => {
    await Promise.all(users(count).map((userId) => register(from, userId, `${from.self.incarnation}/${userId}`)));
  };
  const connectionsOf = async (count: number): Promise<number> =>
    (await Promise.all(users(count).map((userId) => engine.presence.locate(userId)))).flat().length;
  const total = (name: string): number => presences.reduce((sum, host) => sum + (host.stats('presence')[name] ?? 0), 0);
  /** The instance on which the sweep after `node` is placed, and the other. */
  const placed = (node: MeshNode): [RoleHost, RoleHost] => {
    const key = sweepKey({ gatewayId: node.self.id, incarnation: node.self.incarnation });
    const [one, two] = presences as [RoleHost, RoleHost];
    return one.mesh.owner(ROLE.presence, key)?.id === one.mesh.self.id ? [one, two] : [two, one];
  };

  test('its connections are removed, each by the owner of its user, who says offline; others stay', async () => {
    const other = await stage.node(ROLE.gateway, 'gateway-02');
    await registerAll(gateway, 1_200);
    await register(other, 'user-0', 'elsewhere');
    await gateway.leave();
    await eventually(async () => expect(await connectionsOf(1_200)).toBe(1));
    await eventually(() => {
      stage.clock.advance(100);
      expect(new Set(offline).size).toBe(1_199);
    });
    expect(offline).not.toContain('user-0');
    await eventually(() => expect([total('sweeps'), total('swept'), total('removes')]).toEqual([1, 1_200, 1_200]));
  });

  test('the same gateway started again keeps its new connections', async () => {
    await registerAll(gateway, 20);
    await gateway.leave();
    const again = await stage.node(ROLE.gateway, 'gateway-01');
    await registerAll(again, 20);
    await eventually(async () => expect(await connectionsOf(20)).toBe(20));
    const left = await engine.presence.locate('user-7');
    expect(left.map(({ connectionId }) => connectionId)).toEqual([`${again.self.incarnation}/user-7`]);
  });

  // Interleaving: the sweeper has begun, and the other has looked on → the sweeper dies too.
  test('if the sweeper dies the other does it', async () => {
    await registerAll(gateway, 20);
    const [sweeper, other] = placed(gateway);
    const both = [gate.hold('ofGateway', 'before'), gate.hold('ofGateway', 'before')];
    await gateway.leave();
    await Promise.all(both.map(({ arrived }) => arrived));
    const stopped = sweeper.stop();
    await eventually(() => expect(other.mesh.members(ROLE.presence)).toHaveLength(1));
    both.forEach((held) => held.release(AWAY));
    await stopped;
    await eventually(() => {
      stage.clock.advance(100);
      expect(other.stats('presence')).toMatchObject({ sweeps: 1, swept: 20 });
    });
    expect(await connectionsOf(20)).toBe(0);
  });

  // Interleaving: a presence instance joins → the gateway dies unknown to it → all agree that it is to sweep.
  test('if the one it is placed on never knew the gateway another does it', async () => {
    await registerAll(gateway, 20);
    const [ignorant, other] = placed(gateway);
    ignorant.get(GatewayWatch).beforeApplicationShutdown();
    await gateway.leave();
    await eventually(() => {
      stage.clock.advance(100);
      expect(other.stats('presence')).toMatchObject({ sweeps: 1, swept: 20 });
    });
    expect(await connectionsOf(20)).toBe(0);
  });

  test('an engine that is away is asked again until all is done', async () => {
    await registerAll(gateway, 20);
    gate.fail('ofGateway', AWAY);
    await gateway.leave();
    await eventually(() => expect(gate.calls('ofGateway')).toBe(2));
    gate.fail('ofGateway');
    gate.fail('sweep', AWAY);
    await eventually(() => {
      stage.clock.advance(500);
      expect(gate.calls('sweep')).toBeGreaterThan(0);
    });
    gate.fail('sweep');
    await eventually(async () => {
      stage.clock.advance(500);
      expect(await connectionsOf(20)).toBe(0);
    });
  });

  // Interleaving: a registration is in a mailbox → its gateway dies → the sweep finds nothing of it → it is registered.
  test('a registration that was on its way when its gateway died is swept as well', async () => {
    const other = await stage.node(ROLE.gateway, 'gateway-02');
    await registerAll(gateway, 5);
    await gateway.leave();
    await eventually(async () => expect(await connectionsOf(5)).toBe(0));
    await register(other, 'user-0', 'late', gateway);
    await eventually(async () => {
      stage.clock.advance(1_000);
      expect(await connectionsOf(5)).toBe(0);
    });
  });

  // Interleaving: a gateway's lease ends (it was cut off) → the sweep begins → the gateway is back, the same process.
  test('a gateway that only lost its lease keeps what it has from then on', async () => {
    const lapsing = await stage.node(ROLE.gateway, 'gateway-03');
    await registerAll(lapsing, 5);
    const both = [gate.hold('ofGateway', 'before'), gate.hold('ofGateway', 'before')];
    ended = 'gateway-03';
    await Promise.all(both.map(({ arrived }) => arrived));
    ended = undefined;
    for (const { mesh } of presences) await eventually(() => expect(mesh.members(ROLE.gateway)).toHaveLength(2));
    both.forEach((held) => held.release());
    for (let n = 0; n < 20; n++) await stage.clock.advanceGently(1_000, 5);
    expect(await connectionsOf(5)).toBe(5);
  });
});
