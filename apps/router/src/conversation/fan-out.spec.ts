import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROLE } from '#contract';
import { ENGINE_KINDS, eventually, RedisServer, Stage, type RoleHost } from '#testing';
import { RouterModule } from '../router.module.js';
import { Edge, idsOf, numbers } from '../testing/edge.js';
import { MembershipService } from './membership.service.js';

const MEMBERS = 10_000;
/** Joins under way at once: all of them would outlast the engine's patience on a busy machine. */
const AT_ONCE = 500;
const LIVE = 1_000;

describe.each(ENGINE_KINDS)('10,000 members, 1,000 of them live over three gateways, on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let router: RoleHost;
  let edges: readonly Edge[];

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  beforeEach(async () => {
    stage = await Stage.start({ kind, redis });
    router = await stage.host(ROLE.router, 'router-01', RouterModule);
    const members = router.get(MembershipService);
    for (let first = 1; first <= MEMBERS; first += AT_ONCE)
      await Promise.all(numbers(first, first + AT_ONCE - 1).map((n) => members.join('all', `user-${n}`)));
    edges = await Promise.all(['gateway-01', 'gateway-02', 'gateway-03'].map((id) => Edge.start(stage, id)));
    const subscribe = (n: number) => (edges[n % 3] as Edge).subscribe('all', `user-${n}`);
    await Promise.all(numbers(1, LIVE).map(subscribe));
  });
  afterEach(async () => stage.stop());

  const post = (n: number) => (edges[0] as Edge).post(`user-${n}`, 'all', `hello ${n}`);

  test('a message is one append and one packet for each gateway', async () => {
    await post(MEMBERS);
    await eventually(() =>
      expect(edges.map(({ conversations }) => conversations.flatMap(idsOf))).toEqual([[1], [1], [1]]),
    );
    expect(stage.gate.calls('append')).toBe(1);
    expect(router.stats('router')).toMatchObject({ accepted: 1, delivered: 3 });
  });

  test('a burst costs no more than three packets a turn, and every gateway hears all of it in order', async () => {
    await Promise.all(numbers(1, 300).map(post));
    await eventually(() => {
      for (const { conversations } of edges) expect(conversations.flatMap(idsOf)).toEqual(numbers(1, 300));
    });
    expect(router.stats('router')['delivered']).toBe(3 * stage.gate.calls('append'));
    expect(stage.gate.calls('append')).toBeLessThan(300);
  });

  test('the places of all who are live are saved, and the conversation goes on meanwhile', async () => {
    const { messageId } = await post(1);
    const { epoch } = await stage.engine.log.status({ kind: 'conversation', id: 'all' });
    const saved = numbers(1, LIVE).map((n) =>
      (edges[n % 3] as Edge).acknowledge({
        userId: `user-${n}`,
        conversation: 'all',
        messageId,
        epoch,
        status: 'read',
      }),
    );
    expect(await post(2)).toMatchObject({ messageId: 2 });
    await Promise.all(saved);
    expect(await stage.engine.log.status({ kind: 'conversation', id: 'all' }, `user-${LIVE}`)).toMatchObject({
      read: 1,
    });
    expect(router.stats('router')).toMatchObject({ receipts: 0 });
  });
});
