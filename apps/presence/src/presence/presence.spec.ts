import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  GATEWAY,
  PRESENCE,
  ROLE,
  type CloseNotice,
  type LocateReply,
  type RefreshReply,
  type RegisterReply,
  type RegisterRequest,
  type RemoveReply,
  type UserStatus,
} from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { byKey, instance, type Destination, type MeshNode } from '#mesh';
import { ENGINE_KINDS, eventually, RedisServer, Stage, type EngineGate, type RoleHost } from '#testing';
import { PresenceModule } from '../presence.module.js';
import { PresenceEvents } from './presence-events.js';
import { supersedes } from './transitions.js';

const AWAY = new EngineUnavailableError('away');
const OWNER = byKey(ROLE.presence, 'bob');
/** Long enough for a slow machine on an engine that keeps real time; the actors' own time is virtual. */
const GRACE_MS = 60_000;
const CONFIG = { MAX_CONNECTIONS_PER_USER: 3, OFFLINE_GRACE_MS: GRACE_MS };

describe.each(ENGINE_KINDS)('presence on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let gate: EngineGate;
  let engine: Engine;
  let presence: RoleHost;
  let gateway: MeshNode;
  /** What owners announced, in the order heard, all owners together. */
  let heard: UserStatus[];
  let closed: CloseNotice[];

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  const startPresence = async (id: string, config: object = CONFIG): Promise<RoleHost> => {
    const host = await stage.host(ROLE.presence, id, PresenceModule, config);
    host.get(PresenceEvents).subscribe((status) => heard.push(status));
    return host;
  };

  beforeEach(async () => {
    stage = await Stage.start({ kind, redis });
    ({ gate, engine } = stage);
    heard = [];
    closed = [];
    presence = await startPresence('presence-01');
    gateway = await stage.node(ROLE.gateway, 'gateway-01', (node) =>
      node.handle(GATEWAY.replace, {
        one: (request) => {
          closed.push(request.data as CloseNotice);
          request.reply({});
        },
      }),
    );
  });
  afterEach(async () => stage.stop());

  const ask = <R>(pattern: string, data: object, to: Destination = OWNER): Promise<R> =>
    gateway.ask<R>(to, pattern, { userId: 'bob', ...data }, { timeoutMs: 20_000 });
  const register = (
    connectionId: string,
    more: Partial<RegisterRequest> = {},
    to?: Destination,
  ): Promise<RegisterReply> =>
    ask(PRESENCE.register, { connectionId, gatewayId: 'gateway-01', incarnation: 'i', ...more }, to);
  const remove = (connectionId: string, to?: Destination): Promise<RemoveReply> =>
    ask(PRESENCE.remove, { connectionId }, to);
  const said = (): string[] => heard.map(({ status }) => status);
  /** Lets virtual time pass, and what falls due in it be done. */
  const pass = async (ms: number): Promise<void> => {
    stage.clock.advance(ms);
    // Mail of this user is handled in order: the answer to this comes after what the timer has caused.
    await remove('none-such').catch(() => undefined);
  };

  describe('connections', () => {
    test('are registered, found, refreshed and removed', async () => {
      expect(await register('c1', { device: 'phone' })).toMatchObject({ connections: 1 });
      expect(await register('c2', { gatewayId: 'gateway-02' })).toMatchObject({ connections: 2 });
      const found = await ask<LocateReply>(PRESENCE.locate, {});
      expect(found).toEqual({
        status: 'online',
        connections: [
          { connectionId: 'c1', gatewayId: 'gateway-01', device: 'phone', timestamp: expect.any(Number) },
          { connectionId: 'c2', gatewayId: 'gateway-02', timestamp: expect.any(Number) },
        ],
      });
      expect(await remove('c1')).toEqual({ removed: true });
      expect(await remove('c1')).toEqual({ removed: false });
      const connections = ['c1', 'c2'].map((connectionId) => ({ userId: 'bob', connectionId }));
      expect(await ask<RefreshReply>(PRESENCE.refresh, { connections })).toEqual({ missing: ['c1'] });
      expect(presence.stats('presence')).toMatchObject({ registers: 2, removes: 1, refreshes: 1, online: 1 });
    });

    test('beyond the number allowed the oldest gives way, on whichever gateway it is', async () => {
      for (const n of [1, 2, 3, 4]) await register(`c${n}`);
      await eventually(() => expect(closed).toEqual([{ connectionId: 'c1', code: 4501, reason: expect.any(String) }]));
      expect((await engine.presence.locate('bob')).map(({ connectionId }) => connectionId)).toEqual(['c2', 'c3', 'c4']);
      expect(presence.stats('presence')['replaced']).toBe(1);
    });

    test('of the same device give way to the newest', async () => {
      await register('c1', { device: 'phone' });
      await register('c2', { device: 'phone' });
      await eventually(() => expect(closed.map(({ connectionId }) => connectionId)).toEqual(['c1']));
      expect(said()).toEqual(['online']);
    });

    test('cannot be changed while the engine is away, and can again when it is back', async () => {
      for (const method of ['register', 'remove', 'describe', 'refresh'] as const) gate.fail(method, AWAY);
      const refused = { code: 'remote', remoteCode: 'unavailable', retryAfterMs: expect.any(Number) };
      await expect(register('c1')).rejects.toMatchObject(refused);
      await expect(remove('c1')).rejects.toMatchObject(refused);
      await expect(ask(PRESENCE.locate, {})).rejects.toMatchObject(refused);
      await expect(ask(PRESENCE.refresh, { connections: [] })).rejects.toMatchObject(refused);
      expect(presence.stats('presence')['unavailable']).toBe(4);
      gate.fail('register');
      expect(await register('c1')).toMatchObject({ connections: 1 });
    });
  });

  describe('coming and going', () => {
    test('offline is said after the grace time', async () => {
      await register('c1');
      await remove('c1');
      await pass(GRACE_MS - 1);
      expect(said()).toEqual(['online']);
      stage.clock.advance(1);
      await eventually(() => expect(said()).toEqual(['online', 'offline']));
      expect(supersedes(heard[1] as UserStatus, heard[0])).toBe(true);
      expect(presence.stats('presence')).toMatchObject({ online: 1, offline: 1 });
    });

    test('a reload inside the grace time says nothing', async () => {
      await register('c1');
      await remove('c1');
      await pass(GRACE_MS / 2);
      await register('c2');
      await pass(GRACE_MS * 2);
      expect(said()).toEqual(['online']);
    });

    test('twenty reloads in a row end in the right state and say one word', async () => {
      for (let n = 0; n < 20; n++) {
        await register(`c${n}`);
        await remove(`c${n}`);
        await pass(GRACE_MS / 40);
      }
      expect(said()).toEqual(['online']);
      await pass(GRACE_MS);
      await eventually(() => expect(said()).toEqual(['online', 'offline']));
    });

    // Interleaving: the registration is in hand → the grace timer fires, its message waits in the mailbox → the engine's answer comes.
    test('a timer that fires while a registration is under way says nothing', async () => {
      await register('c1');
      await remove('c1');
      const held = gate.hold('register', 'after');
      const registered = register('c2');
      await held.arrived;
      stage.clock.advance(GRACE_MS);
      held.release();
      await registered;
      await pass(GRACE_MS);
      expect(said()).toEqual(['online']);
    });

    // Interleaving: as before, but the user goes again before the old timer's message is looked at: a new grace time runs.
    test('the message of an old timer does not end the grace time of a later going', async () => {
      await register('c1');
      await remove('c1');
      const held = gate.hold('register', 'after');
      const all = [register('c2')];
      await held.arrived;
      const removed = remove('c2');
      // Packets keep their order: when this is answered, the removal waits in the mailbox, and the old timer's message comes behind it.
      await ask(PRESENCE.locate, {});
      stage.clock.advance(GRACE_MS);
      held.release();
      await Promise.all([...all, removed]);
      await pass(GRACE_MS - 1);
      expect(said()).toEqual(['online']);
      stage.clock.advance(1);
      await eventually(() => expect(said()).toEqual(['online', 'offline']));
    });

    // Interleaving: the grace time is over, the engine is asked → a registration waits in the mailbox → the engine's "nobody" comes.
    test('a registration behind the question whether anybody is left is said after the answer', async () => {
      await register('c1');
      await remove('c1');
      const held = gate.hold('describe', 'after');
      stage.clock.advance(GRACE_MS);
      await held.arrived;
      const registered = register('c2');
      held.release();
      await registered;
      expect(said()).toEqual(['online', 'offline', 'online']);
      expect(supersedes(heard[2] as UserStatus, heard[1])).toBe(true);
    });

    test('while the engine is away offline is put off until it can be asked', async () => {
      await register('c1');
      await remove('c1');
      gate.fail('describe', AWAY);
      const asked = gate.calls('describe');
      stage.clock.advance(GRACE_MS);
      await eventually(() => expect(gate.calls('describe')).toBe(asked + 1));
      gate.fail('describe');
      await eventually(() => {
        stage.clock.advance(1_000);
        expect(said()).toEqual(['online', 'offline']);
      });
    });
  });

  describe('two owners for a while', () => {
    const [first, second] = ['presence-01', 'presence-02'].map((id) => instance(ROLE.presence, id));
    /** What somebody believes who hears it in this order. */
    const believed = (): string | undefined =>
      heard.reduce<UserStatus | undefined>((now, next) => (supersedes(next, now) ? next : now), undefined)?.status;

    beforeEach(async () => {
      await startPresence('presence-02');
    });

    // Interleaving: one asks whether anybody is left → "nobody" → the other registers and says online → the first says offline.
    test('the late "offline" of one does not take back the "online" of the other', async () => {
      await register('c1', {}, first);
      await remove('c1', first);
      const held = gate.hold('describe', 'after');
      stage.clock.advance(GRACE_MS);
      await held.arrived;
      await register('c2', {}, second);
      held.release();
      await eventually(() => expect(said()).toEqual(['online', 'online', 'offline']));
      expect(believed()).toBe('online');
    });

    test('a connection registered by the other inside the grace time keeps the user online', async () => {
      await register('c1', {}, first);
      await remove('c1', first);
      await register('c2', {}, second);
      const asked = gate.calls('describe');
      stage.clock.advance(GRACE_MS);
      await eventually(() => expect(gate.calls('describe')).toBe(asked + 1));
      await remove('none-such', first);
      expect(said()).toEqual(['online', 'online']);
      expect(believed()).toBe('online');
    });

    test('a removal by the other is announced, and coming back to the first is said', async () => {
      await register('c1', {}, first);
      await remove('c1', second);
      stage.clock.advance(GRACE_MS);
      await eventually(() => expect(believed()).toBe('offline'));
      await register('c2', {}, first);
      expect(believed()).toBe('online');
    });
  });

  test('a grace time longer than the idle time outlives it: the actor is not passivated with its timer', async () => {
    const long = 10 * 60_000;
    await presence.stop();
    await startPresence('presence-02', { ...CONFIG, OFFLINE_GRACE_MS: long });
    await eventually(() => expect(gateway.members(ROLE.presence)).toHaveLength(1));
    await register('c1');
    await remove('c1');
    await stage.clock.advanceGently(long - 1, 200);
    expect(said()).toEqual(['online']);
    stage.clock.advance(1);
    await eventually(() => expect(said()).toEqual(['online', 'offline']));
  });

  test("a listener's fault is its own", async () => {
    presence.get(PresenceEvents).subscribe(() => {
      throw new Error('on purpose');
    });
    await register('c1');
    expect(said()).toEqual(['online']);
    expect(await remove('c1')).toEqual({ removed: true });
  });
});
