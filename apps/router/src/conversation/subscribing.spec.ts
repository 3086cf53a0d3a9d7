import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROLE, type OpenReply } from '#contract';
import type { Engine } from '#engine';
import { ENGINE_KINDS, eventually, RedisServer, Stage, type EngineGate, type RoleHost } from '#testing';
import { RouterModule } from '../router.module.js';
import { Edge, idsOf, numbers } from '../testing/edge.js';
import { MembershipService } from './membership.service.js';

/** The steps of a subscription, in order, each as it can be held: on its way to the engine, and with the engine's answer in hand. */
const STEPS = [
  ['isMember', 1],
  ['subscribe', 1],
  ['isMember', 2],
  ['open', 1],
] as const;
const HELD = STEPS.flatMap(([step, nth]) => [[step, nth, 'before'] as const, [step, nth, 'after'] as const]);

describe.each(ENGINE_KINDS)('subscribing on the %s engine', (kind) => {
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
    for (const user of ['ann', 'ben']) await engine.conversations.join('team', user);
  });
  afterEach(async () => stage.stop());

  /** Holds the `nth` call of `step` from now on; those before it pass. */
  const holdNth = (step: 'isMember' | 'subscribe' | 'open', nth: number, where: 'before' | 'after') => {
    for (let n = 1; n < nth; n++) gate.hold(step, 'before').release();
    return gate.hold(step, where);
  };
  const live = (): number[] => edge.conversations.flatMap(idsOf);
  const seen = (opened: OpenReply): number[] => [...new Set([...idsOf(opened), ...live()])].sort((a, b) => a - b);

  /**
   * The known fault of systems of this kind: the backlog is fetched, then the live tail is opened, and what arrives between is lost. Here
   * messages arrive while each step in turn is held, on either side of the engine; whatever the step, the page and the live packets together
   * have all of them.
   */
  test.each(HELD)('loses nothing that arrives while %s (%i) is held %s', async (step, nth, where) => {
    await edge.post('ben', 'team', 'before');
    const held = holdNth(step, nth, where);
    const subscribing = edge.subscribe('team', 'ann', { lastMessageId: 0 });
    await held.arrived;
    for (const n of numbers(2, 6)) await edge.post('ben', 'team', String(n));
    held.release();
    const opened = await subscribing;
    await edge.post('ben', 'team', 'after');
    await eventually(() => expect(live().at(-1)).toBe(7));
    expect(seen(opened)).toEqual(numbers(1, 7));
    // Live packets have no hole: what the page lacks is all that was stored since it was read.
    expect(live()).toEqual(numbers(live()[0] as number, 7));
    expect(live()[0]).toBeLessThanOrEqual(opened.lastMessageId + 1);
  });

  /**
   * A member is removed while each step is held: either the subscription is refused, or the gateway is told of the removal, so that no session
   * listens on.
   */
  test.each(HELD)('lets nobody listen who is removed while %s (%i) is held %s', async (step, nth, where) => {
    const held = holdNth(step, nth, where);
    const subscribing = edge.subscribe('team', 'ann').then(
      () => 'subscribed',
      ({ remoteCode }: { remoteCode: string }) => remoteCode,
    );
    await held.arrived;
    await router.get(MembershipService).leave('team', 'ann');
    held.release();
    const outcome = await subscribing;
    if (outcome === 'subscribed')
      await eventually(() => expect(edge.removed).toEqual([{ conversation: 'team', userId: 'ann' }]));
    else expect(outcome).toBe('forbidden');
  });

  // Interleaving: the record is lost → messages are stored → the refresh makes it again → what its sessions read then is complete.
  test('a lost record that is refreshed leaves no hole between what is read and what is live', async () => {
    const { gatewayId, incarnation } = edge.process;
    await edge.subscribe('team', 'ann');
    await engine.conversations.unsubscribe('team', edge.process);
    await edge.post('ben', 'team', 'unheard');
    const held = gate.hold('subscribe', 'before');
    const refresh = edge.ask('team', 'conversation.refresh', { gatewayId, incarnation, conversations: ['team'] });
    await held.arrived;
    await edge.post('ben', 'team', 'unheard too');
    held.release();
    expect(await refresh).toEqual({ missing: ['team'] });
    await edge.post('ben', 'team', 'heard');
    await eventually(() => expect(live()).toEqual([3]));
    const { entries } = await engine.log.read({ kind: 'conversation', id: 'team' }, 0, 10);
    expect(entries.map(({ messageId }) => messageId)).toEqual([1, 2, 3]);
  });
});
