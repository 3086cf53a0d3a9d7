import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROLE, type AckNotice } from '#contract';
import type { Engine } from '#engine';
import { instance } from '#mesh';
import { ENGINE_KINDS, eventually, RedisServer, Stage, type EngineGate, type RoleHost } from '#testing';
import { RouterModule } from '../router.module.js';
import { Edge, idsOf, numbers } from '../testing/edge.js';

const USERS = numbers(1, 60).map((n) => `user-${n}`);
const [ONE, TWO] = ['router-01', 'router-02'].map((id) => instance(ROLE.router, id));

/** Logs that change their router: nothing is lost, and what the old one remembers does no harm. */
describe.each(ENGINE_KINDS)('handing logs over on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let gate: EngineGate;
  let engine: Engine;
  let edge: Edge;

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  beforeEach(async () => {
    stage = await Stage.start({ kind, redis, handoverMs: 5_000 });
    ({ gate, engine } = stage);
    edge = await Edge.start(stage, 'gateway-01');
  });
  afterEach(async () => stage.stop());

  const host = (id: string): Promise<RoleHost> => stage.host(ROLE.router, id, RouterModule);
  const active = (router: RoleHost): number => router.stats('router')['inboxes'] ?? -1;
  const connect = (userId: string): Promise<unknown> =>
    engine.presence.register(
      { userId, connectionId: `${userId}'s`, gatewayId: 'gateway-01', incarnation: 'i', status: 'online' },
      3,
    );
  const notice = async (messageId: number): Promise<AckNotice> => {
    const { epoch } = await engine.log.status({ kind: 'inbox', id: 'bob' });
    return { userId: 'bob', device: 'phone', messageId, epoch, status: 'delivered' };
  };
  const deliveredIds = (): number[] => edge.delivered.flatMap(idsOf);

  test('a router that comes takes its share, and the former owner forgets it', async () => {
    const first = await host('router-01');
    await Promise.all(USERS.map((userId) => edge.send('alice', userId, 'one')));
    await Promise.all(USERS.map((_, i) => edge.post('alice', `conversation-${i}`, 'x').catch(() => undefined)));
    expect(active(first)).toBe(USERS.length);
    const second = await host('router-02');
    const moved = USERS.filter((userId) => first.mesh.owner(ROLE.router, userId)?.id === 'router-02');
    expect(moved.length).toBeGreaterThan(0);
    await eventually(() => {
      stage.clock.advance(1_000);
      expect(active(first)).toBe(USERS.length - moved.length);
    });
    await Promise.all(USERS.map((userId) => edge.send('alice', userId, 'two')));
    expect([active(first), active(second)]).toEqual([USERS.length - moved.length, moved.length]);
  });

  test('one that goes answers all it was asked, and saves what it was told, before it leaves', async () => {
    await connect('bob');
    const first = await host('router-01');
    await edge.send('alice', 'bob', 'one');
    const held = gate.hold('append', 'before');
    const sent = numbers(2, 20).map((n) => edge.send('alice', 'bob', `${n}`));
    await held.arrived;
    edge.ack(await notice(1));
    const stopping = first.stop();
    held.release();
    expect((await Promise.all(sent)).map(({ messageId }) => messageId)).toEqual(numbers(2, 20));
    await stopping;
    expect(await engine.log.status({ kind: 'inbox', id: 'bob' })).toMatchObject({ delivered: 1, lastMessageId: 20 });
    await eventually(() => expect(deliveredIds()).toEqual(numbers(1, 20)));
  });

  // Interleaving: a log moves to another router and back → the first still remembers what it delivered, and to whom receipts are due.
  test('what two owners remember of one inbox does no harm', async () => {
    await connect('bob');
    await connect('alice');
    await connect('carol');
    await Promise.all([host('router-01'), host('router-02')]);
    const send = (n: number, from: string, where: typeof ONE): Promise<unknown> =>
      edge.send(from, 'bob', `${n}`, { id: `m-${n}` }, where);
    for (const n of [1, 2, 3]) await send(n, 'alice', ONE);
    for (const n of [4, 5, 6]) await send(n, 'carol', TWO);
    for (const n of [7, 8]) await send(n, 'alice', ONE);
    // A repetition of what the other has stored: told again, for this one cannot know that it was delivered.
    expect(await edge.send('carol', 'bob', '5', { id: 'm-5' }, ONE)).toMatchObject({ messageId: 5, duplicate: true });
    expect(await edge.send('alice', 'bob', '8', { id: 'm-8' }, TWO)).toMatchObject({ messageId: 8, duplicate: true });
    await eventually(() => expect(new Set(deliveredIds())).toEqual(new Set(numbers(1, 8))));
    expect(deliveredIds().filter((id) => id !== 8)).toEqual(numbers(1, 7));
    // The second has seen none of 7 and 8, the first none of 4 to 6: they look them up.
    edge.ack(await notice(8), TWO);
    await eventually(() =>
      expect(
        edge.receipts
          .map(({ userId, messageId }) => [userId, messageId])
          .toSorted((a, b) => String(a).localeCompare(String(b))),
      ).toEqual([
        ['alice', 8],
        ['carol', 6],
      ]),
    );
    // A cursor that the other has passed moves nothing back.
    edge.ack(await notice(3), ONE);
    await edge.acknowledge(await notice(2));
    expect(await engine.log.status({ kind: 'inbox', id: 'bob' })).toMatchObject({ delivered: 8 });
    expect(edge.receipts).toHaveLength(2);
  });

  // Interleaving: two routers think they own a log, and append at the same time.
  test('two owners at once give one order', async () => {
    await connect('bob');
    await Promise.all([host('router-01'), host('router-02')]);
    const replies = await Promise.all(
      numbers(1, 200).map((n) =>
        edge.send(n % 2 ? 'alice' : 'carol', 'bob', `${n}`, { id: `m-${n}` }, n % 2 ? ONE : TWO),
      ),
    );
    expect(new Set(replies.map(({ messageId }) => messageId))).toEqual(new Set(numbers(1, 200)));
    for (const odd of [0, 1]) {
      const mine = replies.filter((_, i) => i % 2 === odd).map(({ messageId }) => messageId);
      expect(mine).toEqual(mine.toSorted((a, b) => a - b));
    }
    await eventually(() => expect(new Set(deliveredIds())).toEqual(new Set(numbers(1, 200))));
  });
});
