import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  GATEWAY,
  PRESENCE,
  ROLE,
  type LocateReply,
  type PresenceNotice,
  type UserStatus,
  type VisibleStatus,
  type WatchReply,
} from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { instance, type MeshNode } from '#mesh';
import { ENGINE_KINDS, eventually, RedisServer, Stage, type EngineGate, type RoleHost } from '#testing';
import { PresenceModule } from '../presence.module.js';
import { supersedes } from './transitions.js';

const AWAY = new EngineUnavailableError('away');
/** Long enough for a slow machine on an engine that keeps real time; the actors' own time is virtual. */
const GRACE_MS = 60_000;
const CONFIG = { MAX_CONNECTIONS_PER_USER: 3, OFFLINE_GRACE_MS: GRACE_MS };
const TTL_MS = 2_000;

describe.each(ENGINE_KINDS)('watching on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let gate: EngineGate;
  let engine: Engine;
  let presence: RoleHost;
  let gateways: MeshNode[];
  /** What each gateway was pushed, in the order of arrival. */
  let pushed: Record<string, PresenceNotice[]>;

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  const start = async (settings = {}, config = CONFIG): Promise<void> => {
    stage = await Stage.start({ kind, redis, settings });
    ({ gate, engine } = stage);
    presence = await stage.host(ROLE.presence, 'presence-01', PresenceModule, config);
    pushed = {};
    gateways = [];
    for (const id of ['gateway-01', 'gateway-02', 'gateway-03']) {
      const notices: PresenceNotice[] = (pushed[id] = []);
      const listen = (node: MeshNode): void =>
        node.handle(GATEWAY.presence, { one: ({ data }) => notices.push(data as PresenceNotice) });
      gateways.push(await stage.node(ROLE.gateway, id, listen));
    }
  };
  beforeEach(() => start());
  afterEach(async () => stage.stop());

  const ask = <R>(pattern: string, data: object, to = 'presence-01'): Promise<R> =>
    (gateways[0] as MeshNode).ask<R>(instance(ROLE.presence, to), pattern, data, { timeoutMs: 20_000 });
  const register = (connectionId: string, to?: string, more = {}): Promise<unknown> =>
    ask(PRESENCE.register, { userId: 'bob', connectionId, gatewayId: 'gateway-01', incarnation: 'i', ...more }, to);
  const remove = (connectionId: string, to?: string): Promise<unknown> =>
    ask(PRESENCE.remove, { userId: 'bob', connectionId }, to);
  const set = (connectionId: string, status: VisibleStatus, to?: string): Promise<unknown> =>
    ask(PRESENCE.setStatus, { userId: 'bob', connectionId, status }, to);
  const locate = (): Promise<LocateReply> => ask(PRESENCE.locate, { userId: 'bob' });
  const process = (n: number): object => ({
    gatewayId: `gateway-0${n}`,
    incarnation: gateways[n - 1]?.self.incarnation,
  });
  const watch = async (n: number, userIds = ['bob'], to?: string): Promise<readonly UserStatus[]> =>
    (await ask<WatchReply>(PRESENCE.watch, { ...process(n), userIds }, to)).statuses;
  const unwatch = (n: number): boolean =>
    (gateways[0] as MeshNode).tell(instance(ROLE.presence, 'presence-01'), PRESENCE.unwatch, {
      ...process(n),
      userIds: ['bob'],
    });
  const said = (n: number): string[] => (pushed[`gateway-0${n}`] ?? []).map(({ status }) => status);
  /** Lets virtual time pass, and what falls due in it be done. */
  const pass = async (ms: number, to?: string): Promise<void> => {
    stage.clock.advance(ms);
    // Mail of this user is handled in order: the answer to this comes after what the timer has caused.
    await remove('none-such', to);
  };
  /** What a gateway believes that was answered so and heard the pushes in the order of arrival. */
  const believed = (n: number, answers: readonly UserStatus[] = []): VisibleStatus | undefined =>
    [...answers, ...(pushed[`gateway-0${n}`] ?? [])].reduce<UserStatus | undefined>(
      (now, next) => (supersedes(next, now) ? next : now),
      undefined,
    )?.status;

  describe('a status', () => {
    test('is the best of the live connections, and goes once to each gateway that watches', async () => {
      expect(await watch(1, ['bob', 'nobody'])).toEqual([
        { userId: 'bob', status: 'offline', version: 0 },
        { userId: 'nobody', status: 'offline', version: 0 },
      ]);
      await watch(2);
      await register('c1');
      await register('c2');
      await set('c1', 'away');
      await set('c2', 'away');
      await set('c1', 'online');
      await eventually(() => expect(said(1)).toEqual(['online', 'away', 'online']));
      await eventually(() => expect(said(2)).toEqual(['online', 'away', 'online']));
      expect(said(3)).toEqual([]);
      const versions = (pushed['gateway-01'] ?? []).map(({ version }) => version);
      expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
      expect(presence.stats('presence')).toMatchObject({ pushes: 6, watches: 3, statuses: 3, online: 2, away: 1 });
    });

    test('of a connection that is not there changes nothing', async () => {
      await watch(1);
      await register('c1');
      expect(await set('gone', 'away')).toEqual({});
      expect((await locate()).status).toBe('online');
      await eventually(() => expect(said(1)).toEqual(['online']));
    });

    test('is taken from a connection that is registered again', async () => {
      await watch(1);
      await register('c1', undefined, { status: 'away' });
      expect((await locate()).status).toBe('away');
      await eventually(() => expect(said(1)).toEqual(['away']));
    });

    test('survives a restart of the presence service, which says nothing', async () => {
      await watch(1);
      await register('c1');
      await set('c1', 'away');
      await presence.stop();
      await stage.host(ROLE.presence, 'presence-02', PresenceModule, CONFIG);
      await eventually(() => expect((gateways[0] as MeshNode).members(ROLE.presence)).toHaveLength(1));
      expect(await watch(2, ['bob'], 'presence-02')).toMatchObject([{ status: 'away' }]);
      await register('c2', 'presence-02', { status: 'away' });
      expect(said(1)).toEqual(['online', 'away']);
      await set('c2', 'online', 'presence-02');
      await eventually(() => expect(said(1)).toEqual(['online', 'away', 'online']));
      expect(believed(1)).toBe('online');
    });

    test('cannot be set or watched while the engine is away', async () => {
      await register('c1');
      const refused = { code: 'remote', remoteCode: 'unavailable', retryAfterMs: expect.any(Number) };
      gate.fail('setStatus', AWAY);
      await expect(set('c1', 'away')).rejects.toMatchObject(refused);
      gate.fail('add', AWAY);
      await expect(watch(1)).rejects.toMatchObject(refused);
    });

    test('that could not be pushed because the engine was away is pushed when it is back, the newest only', async () => {
      await watch(1);
      gate.fail('of', AWAY);
      await register('c1');
      await set('c1', 'away');
      gate.fail('of');
      await eventually(() => {
        stage.clock.advance(1_000);
        expect(said(1)).toEqual(['away']);
      });
    });
  });

  describe('appearing offline', () => {
    test('is told as going is, and the time is that of it: the later going leaves no trace', async () => {
      await watch(1);
      await register('c1');
      await set('c1', 'offline');
      expect(said(1)).toEqual(['online']);
      await pass(GRACE_MS);
      await eventually(() => expect(said(1)).toEqual(['online', 'offline']));
      const hidden = pushed['gateway-01']?.[1];
      expect(hidden?.lastSeen).toEqual(expect.any(Number));
      expect(await locate()).toMatchObject({ status: 'offline', lastSeen: hidden?.lastSeen, connections: [{}] });
      expect(await watch(2)).toEqual([hidden]);
      await remove('c1');
      await pass(GRACE_MS);
      expect(await watch(2)).toEqual([hidden]);
      expect(await locate()).toEqual({ status: 'offline', lastSeen: hidden?.lastSeen, connections: [] });
      expect(said(1)).toEqual(['online', 'offline']);
    });

    test('from the beginning is as not being there', async () => {
      await watch(1);
      await register('c1', undefined, { status: 'offline' });
      expect(await watch(2)).toEqual([{ userId: 'bob', status: 'offline', version: 0 }]);
      await remove('c1');
      await pass(GRACE_MS);
      expect(said(1)).toEqual([]);
    });
  });

  describe('coming and going', () => {
    test('a reload and a hop to another gateway say nothing', async () => {
      await watch(1);
      await register('c1');
      await remove('c1');
      await pass(GRACE_MS / 2);
      await register('c2');
      await register('c3', undefined, { gatewayId: 'gateway-02' });
      await remove('c2');
      await pass(GRACE_MS * 2);
      expect(said(1)).toEqual(['online']);
    });

    test('twenty times in 2 s ends in the right state, with two pushes', async () => {
      await watch(1);
      for (let n = 0; n < 20; n++) {
        await register(`c${n}`);
        await pass(50);
        await remove(`c${n}`);
        await pass(50);
      }
      await pass(GRACE_MS);
      await eventually(() => expect(said(1)).toEqual(['online', 'offline']));
      expect(presence.stats('presence')['pushes']).toBe(2);
      expect(await watch(1)).toMatchObject([{ status: 'offline' }]);
    });

    test('is no longer told to a gateway that has stopped watching', async () => {
      await watch(1);
      await watch(2);
      unwatch(1);
      await eventually(() => expect(presence.stats('presence')['unwatches']).toBe(1));
      await register('c1');
      await eventually(() => expect(said(2)).toEqual(['online']));
      expect(said(1)).toEqual([]);
    });
  });

  describe('beginning to watch', () => {
    // Interleaving: the gateway is recorded → the user comes online, and all who watch are told → the status is read.
    test('while the status changes: it is in the answer, or pushed', async () => {
      const held = gate.hold('describe', 'before');
      const watching = watch(1);
      await held.arrived;
      await register('c1');
      held.release();
      expect(await watching).toMatchObject([{ status: 'online' }]);
      await eventually(() => expect(said(1)).toEqual(['online']));
    });

    // Interleaving: the status is read → the user comes online, and all who watch are told → the answer leaves.
    test('with an answer that is older than a push: the push has the higher version', async () => {
      const held = gate.hold('describe', 'after');
      const watching = watch(1);
      await held.arrived;
      await register('c1');
      await eventually(() => expect(said(1)).toEqual(['online']));
      held.release();
      const answer = await watching;
      expect(answer).toMatchObject([{ status: 'offline' }]);
      expect(believed(1, answer)).toBe('online');
    });

    // Interleaving: the status has changed, those who watch are about to be asked for → a gateway begins to watch, at another owner.
    test('at another owner while a change is being told', async () => {
      await stage.host(ROLE.presence, 'presence-02', PresenceModule, CONFIG);
      const held = gate.hold('of', 'before');
      await register('c1');
      await held.arrived;
      expect(await watch(1, ['bob'], 'presence-02')).toMatchObject([{ status: 'online' }]);
      held.release();
      await eventually(() => expect(said(1)).toEqual(['online']));
    });

    test('within the grace time: the user is as before, and a silent return leaves it true', async () => {
      await register('c1');
      await set('c1', 'away');
      await remove('c1');
      const answer = await watch(1);
      expect(answer).toMatchObject([{ status: 'away' }]);
      await register('c2', undefined, { status: 'away' });
      await pass(GRACE_MS);
      expect(said(1)).toEqual([]);
      expect(believed(1, answer)).toBe('away');
    });

    // Interleaving: one owner keeps a going quiet → a gateway asks another, and is told "offline" → the user is back at the first, which says nothing.
    test('within the grace time at an owner who does not know: told offline, and online when that is found out', async () => {
      await stage.host(ROLE.presence, 'presence-02', PresenceModule, CONFIG);
      await register('c1');
      await remove('c1');
      const answer = await watch(1, ['bob'], 'presence-02');
      expect(answer).toMatchObject([{ status: 'offline' }]);
      await register('c2');
      expect(said(1)).toEqual([]);
      await pass(GRACE_MS, 'presence-02');
      await eventually(() => expect(believed(1, answer)).toBe('online'));
    });
  });

  describe('two owners for a while', () => {
    beforeEach(async () => {
      await stage.host(ROLE.presence, 'presence-02', PresenceModule, CONFIG);
      await watch(1);
      await register('c1');
    });

    // Interleaving: one asks whether the user is to be seen → "no" → the other registers and pushes online → the first pushes offline.
    test('the late "offline" of one does not take back the "online" of the other', async () => {
      await remove('c1');
      const held = gate.hold('describe', 'after');
      stage.clock.advance(GRACE_MS);
      await held.arrived;
      await register('c2', 'presence-02');
      await eventually(() => expect(said(1)).toEqual(['online', 'online']));
      held.release();
      await eventually(() => expect(said(1)).toEqual(['online', 'online', 'offline']));
      expect(believed(1)).toBe('online');
    });

    // Interleaving: offline is decided, the watchers are being asked for → the other registers and pushes online → they come.
    test('an "offline" on its way to the watchers does not take it back either', async () => {
      await remove('c1');
      const held = gate.hold('of', 'after');
      stage.clock.advance(GRACE_MS);
      await held.arrived;
      await register('c2', 'presence-02');
      await eventually(() => expect(said(1)).toEqual(['online', 'online']));
      held.release();
      await eventually(() => expect(said(1)).toEqual(['online', 'online', 'offline']));
      expect(believed(1)).toBe('online');
    });

    // Interleaving: one sets away, holding the answer → the other sets online again and pushes it → the first pushes away.
    test('statuses set at both end in what the engine has', async () => {
      const held = gate.hold('setStatus', 'after');
      const setting = set('c1', 'away');
      await held.arrived;
      await set('c1', 'online', 'presence-02');
      await eventually(() => expect(said(1)).toEqual(['online', 'online']));
      held.release();
      await setting;
      await eventually(() => expect(said(1)).toEqual(['online', 'online', 'away']));
      expect(believed(1)).toBe('online');
    });
  });

  // Nobody is left to sweep: what is not refreshed ends, and whoever asks first finds out.
  test('connections that expire are found by the next who watches, and told to all others', async () => {
    await stage.stop();
    const graceMs = 100;
    await start({ presenceTtlMs: TTL_MS }, { ...CONFIG, OFFLINE_GRACE_MS: graceMs });
    await register('c1');
    await eventually(
      async () => {
        if (kind === 'embedded') stage.clock.advance(TTL_MS);
        expect(await engine.presence.locate('bob')).toEqual([]);
      },
      { timeoutMs: 5 * TTL_MS },
    );
    await engine.watchers.add(['bob'], { gatewayId: 'gateway-02', incarnation: 'i' });
    const answer = await watch(1);
    expect(answer).toMatchObject([{ status: 'online' }]);
    await pass(graceMs);
    await eventually(() => expect([said(1), said(2)]).toEqual([['offline'], ['offline']]));
    expect(believed(1, answer)).toBe('offline');
    expect((await locate()).lastSeen).toEqual(expect.any(Number));
  });
});
