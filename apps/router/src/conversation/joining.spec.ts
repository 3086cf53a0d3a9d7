import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROLE } from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { ENGINE_KINDS, RedisServer, Stage, eventually, type EngineGate, type RoleHost } from '#testing';
import { RouterModule } from '../router.module.js';
import { Edge, textsOf } from '../testing/edge.js';
import { MembershipService } from './membership.service.js';

const FORBIDDEN = { code: 'remote', remoteCode: 'forbidden' };

describe.each(ENGINE_KINDS)('whose token says that they may join, on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let gate: EngineGate;
  let engine: Engine;
  let router: RoleHost;
  let edge: Edge;

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  beforeEach(async () => {
    stage = await Stage.start({ kind, redis });
    ({ gate, engine } = stage);
    router = await stage.host(ROLE.router, 'router-01', RouterModule);
    edge = await Edge.start(stage, 'gateway-01');
    await engine.conversations.join('team', 'ann');
  });
  afterEach(async () => stage.stop());

  const mayJoin = true;
  const isMember = (user: string): Promise<boolean> => engine.conversations.isMember('team', user);
  const stored = async (): Promise<string[]> =>
    textsOf(await engine.log.read({ kind: 'conversation', id: 'team' }, 0, 100));

  test('becomes a member by subscribing, in a conversation that nobody had before too', async () => {
    await expect(edge.subscribe('team', 'eve')).rejects.toMatchObject(FORBIDDEN);
    expect(await edge.subscribe('team', 'eve', { mayJoin })).toMatchObject({ lastMessageId: 0, resumed: true });
    expect(await isMember('eve')).toBe(true);
    await edge.subscribe('new', 'eve', { mayJoin });
    expect(await engine.conversations.isMember('new', 'eve')).toBe(true);
  });

  test('becomes a member by posting, and what they post is stored', async () => {
    await expect(edge.post('eve', 'team', 'no')).rejects.toMatchObject(FORBIDDEN);
    expect(await edge.post('eve', 'team', 'yes', { mayJoin })).toMatchObject({ messageId: 1 });
    expect(await edge.post('eve', 'team', 'again')).toMatchObject({ messageId: 2 });
    expect(await stored()).toEqual(['yes', 'again']);
  });

  test('may post what is not stored as well', async () => {
    await edge.subscribe('team', 'ann');
    await edge.post('eve', 'team', 'typing', { mayJoin, ephemeral: true });
    await eventually(() => expect(edge.conversations.flatMap(textsOf)).toEqual(['typing']));
  });

  test('joins before the batch that their message is in, which keeps its order; strangers in it are refused', async () => {
    const held = gate.hold('append', 'before');
    const first = edge.post('ann', 'team', '1');
    await held.arrived;
    const rest = [
      edge.post('eve', 'team', '2', { mayJoin }),
      edge.post('mallory', 'team', 'no'),
      edge.post('ann', 'team', '3'),
      edge.post('eve', 'team', '4', { mayJoin }),
    ];
    held.release();
    const outcomes = await Promise.allSettled([first, ...rest]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(await stored()).toEqual(['1', '2', '3', '4']);
    expect(await isMember('mallory')).toBe(false);
  });

  test('who was removed comes back by the next message', async () => {
    await edge.subscribe('team', 'eve', { mayJoin });
    await router.get(MembershipService).leave('team', 'eve');
    expect(await edge.post('eve', 'team', 'back', { mayJoin })).toMatchObject({ messageId: 1 });
  });

  // Interleaving: joined by the token → removed by the server API → asked for again: the removal wins, and the client may subscribe anew.
  test('who is removed while they subscribe is refused', async () => {
    const held = gate.hold('subscribe', 'before');
    const subscribing = edge.subscribe('team', 'eve', { mayJoin });
    await held.arrived;
    await router.get(MembershipService).leave('team', 'eve');
    held.release();
    await expect(subscribing).rejects.toMatchObject(FORBIDDEN);
  });

  test('is told to come again where the engine is away, and has not joined', async () => {
    gate.fail('join', new EngineUnavailableError('away'));
    await expect(edge.post('eve', 'team', 'x', { mayJoin })).rejects.toMatchObject({ remoteCode: 'unavailable' });
    expect(await isMember('eve')).toBe(false);
  });
});
