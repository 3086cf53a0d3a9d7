import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  GATEWAY,
  PRESENCE,
  ROLE,
  type EnterReply,
  type RegisterReply,
  type RegisterRequest,
  type SweepReply,
  type UserStatus,
} from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { byKey, instance, type MeshNode } from '#mesh';
import { ENGINE_KINDS, eventually, RedisServer, Stage, type EngineGate, type RoleHost } from '#testing';
import { PresenceModule } from '../presence.module.js';
import { PresenceEvents } from './presence-events.js';

const CONFIG = { MAX_CONNECTIONS_PER_USER: 2, OFFLINE_GRACE_MS: 100 };
const USERS = Array.from({ length: 300 }, (_, i) => `user-${i}`);

describe.each(ENGINE_KINDS)('many connections at once, on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let gate: EngineGate;
  let engine: Engine;
  let presence: RoleHost;
  let gateway: MeshNode;
  let heard: UserStatus[];
  /** Connections that their gateway was told to close. */
  let closed: string[];

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  beforeEach(async () => {
    stage = await Stage.start({ kind, redis });
    ({ gate, engine } = stage);
    heard = [];
    closed = [];
    presence = await stage.host(ROLE.presence, 'presence-01', PresenceModule, CONFIG);
    presence.get(PresenceEvents).subscribe((status) => heard.push(status));
    gateway = await stage.node(ROLE.gateway, 'gateway-01', (node) =>
      node.handle(GATEWAY.replace, {
        one: (request) => {
          closed.push((request.data as { connectionId: string }).connectionId);
          request.reply({});
        },
      }),
    );
  });
  afterEach(async () => stage.stop());

  const requestOf = (userId: string, connectionId: string, more: Partial<RegisterRequest> = {}): RegisterRequest => ({
    userId,
    connectionId,
    gatewayId: 'gateway-01',
    incarnation: 'first',
    ...more,
  });
  const register = (request: RegisterRequest): Promise<RegisterReply> =>
    gateway.ask(byKey(ROLE.presence, request.userId), PRESENCE.register, request, { timeoutMs: 20_000 });
  const askOwner = <R>(pattern: string, data: object): Promise<R> =>
    gateway.ask(instance(ROLE.presence, 'presence-01'), pattern, data, { timeoutMs: 20_000 });
  const enter = (...connections: readonly RegisterRequest[]): Promise<EnterReply> =>
    askOwner(PRESENCE.enter, { connections });
  const idsOf = async (userId: string): Promise<string[]> =>
    (await engine.presence.locate(userId)).map(({ connectionId }) => connectionId);
  const said = (userId: string): string[] =>
    heard.filter((status) => status.userId === userId).map(({ status }) => status);

  test('are entered again in one call, with their statuses, and announced', async () => {
    const reply = await enter(
      ...USERS.map((userId, i) => requestOf(userId, `c of ${userId}`, i === 0 ? { status: 'away' } : {})),
    );
    expect(reply).toEqual({ outranked: [], failed: [] });
    expect(await idsOf('user-299')).toEqual(['c of user-299']);
    expect([said('user-0'), said('user-1')]).toEqual([['away'], ['online']]);
    expect(presence.stats('presence')).toMatchObject({ registers: 300 });
  });

  // Interleaving: the user moves to another gateway, the old connection is replaced there → the packet that closes it is lost → its gateway finds it
  // missing and enters it again.
  test('one whose place a newer one has taken is not entered, and its gateway is told', async () => {
    const { since } = await register(requestOf('bob', 'old', { device: 'phone' }));
    await register(requestOf('bob', 'new', { device: 'phone', gatewayId: 'gateway-02' }));
    expect(closed).toEqual(['old']);
    expect(await enter(requestOf('bob', 'old', { device: 'phone', since }))).toEqual({
      outranked: ['old'],
      failed: [],
    });
    expect(await idsOf('bob')).toEqual(['new']);
    expect(said('bob')).toEqual(['online']);
    expect(closed).toEqual(['old']);
  });

  // Interleaving: a registration waits in a gateway that is cut off → the client is back at another → the waiting one arrives.
  test('a registration that comes late does not take the place of one that was asked for later', async () => {
    const now = performance.now();
    await register(requestOf('carol', 'c0', { askedAt: now }));
    await register(
      requestOf('bob', 'new', { device: 'phone', gatewayId: 'gateway-02', incarnation: 'other', askedAt: 7 }),
    );
    const late = await register(requestOf('bob', 'old', { device: 'phone', askedAt: now - 3_000 }));
    expect(late).toMatchObject({ outranked: true });
    expect([closed, await idsOf('bob')]).toEqual([[], ['new']]);
    const asked = await register(requestOf('bob', 'again', { device: 'phone', askedAt: performance.now() }));
    expect(asked).not.toMatchObject({ outranked: true });
    expect(await idsOf('bob')).toEqual(['again']);
  });

  // Interleaving: an instance ends before it answers → the client is back → what it was asked is sent again to an instance that has just been started.
  test('nor does one that was sent again to an instance that has heard nothing of its gateway', async () => {
    await register(requestOf('bob', 'new', { device: 'phone', gatewayId: 'gateway-02', incarnation: 'other' }));
    const askedAt = performance.now() - 3_000;
    const late = await register(requestOf('bob', 'old', { device: 'phone', askedAt, waitedMs: 3_000 }));
    expect(late).toMatchObject({ outranked: true });
    expect([closed, await idsOf('bob')]).toEqual([[], ['new']]);
  });

  test('those that could not be entered are named', async () => {
    gate.fail('register', new EngineUnavailableError('away'));
    expect(await enter(requestOf('bob', 'c1'))).toEqual({ outranked: [], failed: ['c1'] });
    gate.fail('register');
    expect(await enter(requestOf('bob', 'c1'))).toEqual({ outranked: [], failed: [] });
  });

  test('are swept in one call, and their users said to be offline once the grace time is over', async () => {
    for (const userId of USERS) await register(requestOf(userId, `c of ${userId}`));
    await register(requestOf('user-0', 'elsewhere', { gatewayId: 'gateway-02' }));
    const connections = USERS.map((userId) => ({ userId, connectionId: `c of ${userId}` }));
    const dead = { gatewayId: 'gateway-01', incarnation: 'first', connections };
    expect(await askOwner<SweepReply>(PRESENCE.sweep, dead)).toEqual({ removed: 300 });
    expect(heard.filter(({ status }) => status === 'offline')).toEqual([]);
    await eventually(() => {
      stage.clock.advance(100);
      expect(heard.filter(({ status }) => status === 'offline')).toHaveLength(299);
    });
    expect(said('user-0')).toEqual(['online']);
    // One question for all of them, not one for each.
    expect(gate.calls('describe')).toBeLessThan(100);
  });

  // Interleaving: the engine has removed a dead gateway's connection → the user registers elsewhere, and is announced → the actor hears of the removal.
  test('a removal that is heard of late says nothing any more', async () => {
    await register(requestOf('bob', 'c1'));
    const held = gate.hold('sweep', 'after');
    const connections = [{ userId: 'bob', connectionId: 'c1' }];
    const swept = askOwner<SweepReply>(PRESENCE.sweep, { gatewayId: 'gateway-01', incarnation: 'first', connections });
    await held.arrived;
    await register(requestOf('bob', 'c2', { gatewayId: 'gateway-02' }));
    held.release();
    expect(await swept).toEqual({ removed: 1 });
    await stage.clock.advanceGently(1_000);
    expect(said('bob')).not.toContain('offline');
    expect(await idsOf('bob')).toEqual(['c2']);
  });

  test('a sweep finds the engine away, and says so', async () => {
    gate.fail('sweep', new EngineUnavailableError('away'));
    const dead = { gatewayId: 'gateway-01', incarnation: 'first', connections: [] };
    await expect(askOwner(PRESENCE.sweep, dead)).rejects.toMatchObject({ remoteCode: 'unavailable' });
  });
});
