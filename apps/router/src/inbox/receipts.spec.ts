import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROLE, ROUTER, type AckNotice, type StatusReply } from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { instance } from '#mesh';
import { ENGINE_KINDS, eventually, RedisServer, Stage, type EngineGate, type RoleHost } from '#testing';
import { RouterModule } from '../router.module.js';
import { Edge, numbers } from '../testing/edge.js';

const AWAY = new EngineUnavailableError('away');

describe.each(ENGINE_KINDS)('receipts on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let gate: EngineGate;
  let engine: Engine;
  let router: RoleHost;
  let edge: Edge;
  let other: Edge;

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  beforeEach(async () => {
    stage = await Stage.start({ kind, redis });
    ({ gate, engine } = stage);
    router = await stage.host(ROLE.router, 'router-01', RouterModule);
    edge = await Edge.start(stage, 'gateway-01');
    other = await Edge.start(stage, 'gateway-02');
    await connect('alice', 'gateway-01');
  });
  afterEach(async () => stage.stop());

  const connect = (userId: string, gatewayId: string, connectionId = `${userId}@${gatewayId}`): Promise<unknown> =>
    engine.presence.register({ userId, connectionId, gatewayId, incarnation: 'i', status: 'online' }, 3);
  const epoch = async (): Promise<string> => (await engine.log.status({ kind: 'inbox', id: 'bob' })).epoch;
  const notice = async (messageId: number, more: Partial<AckNotice> = {}): Promise<AckNotice> => ({
    userId: 'bob',
    device: 'phone',
    messageId,
    epoch: await epoch(),
    status: 'delivered',
    ...more,
  });
  const told = ({ receipts }: Edge): unknown[] =>
    receipts.map(({ userId, messageId, status }) => [userId, messageId, status]);

  test('go to every gateway where the sender is, once each, for the highest of their messages', async () => {
    await connect('alice', 'gateway-02');
    await connect('alice', 'gateway-02', 'second');
    await edge.send('alice', 'bob', 'one', { id: 'm-1' });
    await edge.send('alice', 'bob', 'two', { id: 'm-2' });
    await edge.send('carol', 'bob', 'three', { id: 'm-1' });
    edge.ack(await notice(3));
    const receipt = { userId: 'alice', to: 'bob', messageId: 2, status: 'delivered', timestamp: stage.clock.now() };
    await eventually(() => expect([edge.receipts, other.receipts]).toEqual([[receipt], [receipt]]));
    expect(router.stats('router')).toMatchObject({ receipts: 2 });
  });

  test('are for messages that carried an id', async () => {
    await edge.send('alice', 'bob', 'with', { id: 'm-1' });
    await edge.send('alice', 'bob', 'without');
    edge.ack(await notice(2));
    await eventually(() => expect(told(edge)).toEqual([['alice', 1, 'delivered']]));
  });

  test('tell each sender of their own, delivered once any device has it, and read', async () => {
    await connect('carol', 'gateway-02');
    await edge.send('alice', 'bob', 'one', { id: 'm-1' });
    await edge.send('carol', 'bob', 'two', { id: 'm-1' });
    edge.ack(await notice(1));
    await eventually(() => expect(told(edge)).toEqual([['alice', 1, 'delivered']]));
    edge.ack(await notice(2, { device: 'desk' }));
    await eventually(() => expect(told(other)).toEqual([['carol', 2, 'delivered']]));
    edge.ack(await notice(2));
    edge.ack(await notice(1, { status: 'read' }));
    await eventually(() =>
      expect(told(edge)).toEqual([
        ['alice', 1, 'delivered'],
        ['alice', 1, 'read'],
      ]),
    );
    expect(told(other)).toHaveLength(1);
    expect(await edge.ask<StatusReply>('bob', ROUTER.status, { userId: 'bob' })).toEqual({ delivered: 2, read: 1 });
  });

  test('say read only, where read comes first', async () => {
    await edge.send('alice', 'bob', 'one', { id: 'm-1' });
    await edge.acknowledge(await notice(1, { status: 'read' }));
    await eventually(() => expect(told(edge)).toEqual([['alice', 1, 'read']]));
    expect(await edge.ask<StatusReply>('bob', ROUTER.status, { userId: 'bob' })).toEqual({ delivered: 1, read: 1 });
  });

  // Interleaving: a device's ack is being saved → the other devices' acks, and more of the first, arrive.
  test('of many acks that come while one is being saved are told together', async () => {
    for (const n of numbers(1, 20)) await edge.send('alice', 'bob', String(n), { id: `m-${n}` });
    const [first, ...rest] = await Promise.all(numbers(1, 20).map((n) => notice(n, { device: `d-${n % 3}` })));
    const held = gate.hold('acknowledge', 'before');
    edge.ack(first as AckNotice);
    await held.arrived;
    for (const one of rest) edge.ack(one);
    const last = edge.acknowledge(await notice(20, { device: 'd-9' }));
    held.release();
    await last;
    await eventually(() => expect(told(edge).at(-1)).toEqual(['alice', 20, 'delivered']));
    expect(told(edge).length).toBeLessThanOrEqual(2);
    expect(gate.calls('acknowledge')).toBe(5);
  });

  test('are found in the log where this router did not store the messages, or too many came since', async () => {
    const second = await stage.host(ROLE.router, 'router-02', RouterModule);
    const [one, two] = ['router-01', 'router-02'].map((id) => instance(ROLE.router, id));
    await connect('carol', 'gateway-02');
    await edge.send('alice', 'bob', 'first', { id: 'm-0' }, one);
    await Promise.all(numbers(1, 1_500).map((n) => edge.send('carol', 'bob', 'many', { id: `m-${n}` }, one)));
    await edge.send('alice', 'bob', 'there', { id: 'm-1' }, two);
    await edge.send('carol', 'bob', 'last', { id: 'm-2000' }, one);
    edge.ack(await notice(1_503), two);
    await eventually(() =>
      expect([told(edge), told(other)]).toEqual([[['alice', 1_502, 'delivered']], [['carol', 1_503, 'delivered']]]),
    );
    expect(second.stats('router')).toMatchObject({ receipts: 2 });
  });

  // Two routers both think that they own bob: each step forward of the watermark is in the answer of one of them only.
  test('of two owners at once name no message twice', async () => {
    await stage.host(ROLE.router, 'router-02', RouterModule);
    const owners = ['router-01', 'router-02'].map((id) => instance(ROLE.router, id));
    for (const n of numbers(1, 4)) await edge.send('alice', 'bob', String(n), { id: `m-${n}` });
    const acks = await Promise.all(numbers(1, 4).map((n) => notice(n)));
    const held = gate.hold('acknowledge', 'after');
    edge.ack(acks[1] as AckNotice, owners[0]);
    await held.arrived;
    edge.ack(acks[3] as AckNotice, owners[1]);
    await eventually(() => expect(told(edge)).toEqual([['alice', 4, 'delivered']]));
    held.release();
    await eventually(() =>
      expect(told(edge)).toEqual([
        ['alice', 4, 'delivered'],
        ['alice', 2, 'delivered'],
      ]),
    );
  });

  test('are not sent to oneself, nor for what was acknowledged before', async () => {
    await connect('bob', 'gateway-02');
    await edge.send('bob', 'bob', 'a note', { id: 'm-1' });
    await edge.send('alice', 'bob', 'one', { id: 'm-1' });
    edge.ack(await notice(2));
    await eventually(() => expect(told(edge)).toEqual([['alice', 2, 'delivered']]));
    edge.ack(await notice(2));
    await edge.acknowledge(await notice(2, { device: 'desk' }));
    expect(gate.calls('locate')).toBe(1);
    expect([told(edge).length, told(other).length]).toEqual([1, 0]);
  });

  test('are given up while the engine is away, but the ack is not', async () => {
    await edge.send('alice', 'bob', 'one', { id: 'm-1' });
    gate.fail('locate', AWAY);
    await edge.acknowledge(await notice(1));
    await eventually(() => expect(router.stats('router')).toMatchObject({ receiptsDropped: 1, acks: 1 }));
    gate.fail('locate');
    await edge.send('alice', 'bob', 'two', { id: 'm-2' });
    await edge.acknowledge(await notice(2));
    await eventually(() => expect(told(edge)).toEqual([['alice', 2, 'delivered']]));
  });

  describe('an ack with an answer', () => {
    test('is answered once it is saved', async () => {
      await edge.send('alice', 'bob', 'one');
      const held = gate.hold('acknowledge', 'before');
      let answered = false;
      const reply = edge.acknowledge(await notice(1)).then(() => (answered = true));
      await held.arrived;
      await edge.ask('bob', ROUTER.status, { userId: 'bob' });
      expect(answered).toBe(false);
      held.release();
      await reply;
      expect(await engine.log.status({ kind: 'inbox', id: 'bob' })).toMatchObject({ delivered: 1 });
    });

    test('is refused while the engine is away', async () => {
      await edge.send('alice', 'bob', 'one');
      const ack = await notice(1);
      gate.fail('acknowledge', AWAY);
      await expect(edge.acknowledge(ack)).rejects.toMatchObject({ remoteCode: 'unavailable' });
    });
  });
});
