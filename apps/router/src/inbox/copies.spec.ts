import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROLE, type SendReply } from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { instance } from '#mesh';
import { ENGINE_KINDS, eventually, RedisServer, Stage, type EngineGate } from '#testing';
import { RouterModule } from '../router.module.js';
import { Edge, idsOf, numbers, textsOf } from '../testing/edge.js';

const AWAY = new EngineUnavailableError('away');

describe.each(ENGINE_KINDS)('SENDER_COPIES=on on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let gate: EngineGate;
  let engine: Engine;
  let edge: Edge;
  let other: Edge;

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  beforeEach(async () => {
    stage = await Stage.start({ kind, redis });
    ({ gate, engine } = stage);
    await host('router-01');
    edge = await Edge.start(stage, 'gateway-01');
    other = await Edge.start(stage, 'gateway-02');
  });
  afterEach(async () => stage.stop());

  const host = (id: string) => stage.host(ROLE.router, id, RouterModule, { SENDER_COPIES: 'on' });
  const connect = (userId: string, gatewayId: string): Promise<unknown> =>
    engine.presence.register(
      { userId, connectionId: `${userId}@${gatewayId}`, gatewayId, incarnation: 'i', status: 'online' },
      3,
    );
  const inbox = async (id: string): Promise<string[]> => textsOf(await engine.log.read({ kind: 'inbox', id }, 0, 500));
  const pending = async (reply: Promise<SendReply>): Promise<boolean> => {
    const undecided = Symbol('undecided');
    await new Promise((done) => setImmediate(done));
    return (await Promise.race([reply, Promise.resolve(undecided)])) === undecided;
  };

  test('what is accepted is in the inboxes of both, under the ids of each', async () => {
    await edge.send('carol', 'alice', 'before');
    expect(await edge.send('alice', 'bob', 'hello')).toEqual({
      messageId: 1,
      timestamp: expect.any(Number),
      duplicate: false,
    });
    expect([await inbox('bob'), await inbox('alice')]).toEqual([['hello'], ['before', 'hello']]);
  });

  test('it reaches all connections of the sender, the sending one included', async () => {
    await Promise.all([connect('alice', 'gateway-01'), connect('alice', 'gateway-02'), connect('bob', 'gateway-02')]);
    await edge.send('alice', 'bob', 'hello');
    const seen = ({ delivered }: Edge): string[] => delivered.map(({ userId }) => userId).sort();
    await eventually(() => expect([seen(edge), seen(other)]).toEqual([['alice'], ['alice', 'bob']]));
  });

  test('accepted waits for the copy', async () => {
    const recipients = gate.hold('append', 'after');
    const senders = gate.hold('append', 'before');
    const reply = edge.send('alice', 'bob', 'hello');
    await recipients.arrived;
    recipients.release();
    await senders.arrived;
    expect(await pending(reply)).toBe(true);
    senders.release();
    expect(await reply).toMatchObject({ messageId: 1 });
  });

  test('copies keep the order of what was sent', async () => {
    const sent = numbers(1, 200).map((n) => edge.send('alice', n % 2 ? 'bob' : 'carol', String(n)));
    await Promise.all(sent);
    const copies = (await inbox('alice')).map(Number);
    expect(copies.filter((n) => n % 2)).toEqual(numbers(1, 200).filter((n) => n % 2));
    expect(copies.filter((n) => n % 2 === 0)).toEqual(numbers(1, 200).filter((n) => n % 2 === 0));
  });

  test('there is none of messages to oneself, nor of ephemeral ones', async () => {
    await edge.send('alice', 'alice', 'a note');
    await edge.send('alice', 'bob', 'typing', { ephemeral: true });
    expect(await inbox('alice')).toEqual(['a note']);
  });

  test('a repetition with the same id makes no second one', async () => {
    const first = await edge.send('alice', 'bob', 'once', { id: 'm-1' });
    expect(await edge.send('alice', 'bob', 'once', { id: 'm-1' })).toEqual({ ...first, duplicate: true });
    expect([await inbox('bob'), await inbox('alice')]).toEqual([['once'], ['once']]);
  });

  test('ids of what others send do not stand in for copies', async () => {
    const { messageId } = await edge.send('alice', 'bob', 'one', { id: 'm-1' });
    await edge.send('bob', 'alice', 'two', { id: String(messageId) });
    await edge.send('bob', 'alice', 'three', { id: 'm-1' });
    expect(await inbox('alice')).toEqual(['one', 'two', 'three']);
  });

  // Interleaving: stored for the recipient → the router is lost before the copy is → the sender repeats, at another router.
  test('a crash between the two is healed by the repetition', async () => {
    await host('router-02');
    const [one, two] = ['router-01', 'router-02'].map((id) => instance(ROLE.router, id));
    const recipients = gate.hold('append', 'after');
    const senders = gate.hold('append', 'before');
    const lost = edge.send('alice', 'bob', 'hello', { id: 'm-1' }, one);
    await recipients.arrived;
    recipients.release();
    await senders.arrived;
    senders.release(AWAY);
    await expect(lost).rejects.toMatchObject({ remoteCode: 'unavailable' });
    expect([await inbox('bob'), await inbox('alice')]).toEqual([['hello'], []]);
    expect(await edge.send('alice', 'bob', 'hello', { id: 'm-1' }, two)).toMatchObject({
      messageId: 1,
      duplicate: true,
    });
    expect([await inbox('bob'), await inbox('alice')]).toEqual([['hello'], ['hello']]);
  });

  // Interleaving: stored for both → nobody learns of the copy → the sender repeats.
  test('a copy that was stored unseen is not stored again, and reaches the sender by the repetition', async () => {
    await connect('alice', 'gateway-01');
    const recipients = gate.hold('append', 'after');
    const senders = gate.hold('append', 'after');
    const lost = edge.send('alice', 'bob', 'hello', { id: 'm-1' });
    await recipients.arrived;
    recipients.release();
    await senders.arrived;
    senders.release(AWAY);
    await expect(lost).rejects.toMatchObject({ remoteCode: 'unavailable' });
    expect(edge.delivered).toEqual([]);
    await edge.send('alice', 'bob', 'hello', { id: 'm-1' });
    expect([await inbox('bob'), await inbox('alice')]).toEqual([['hello'], ['hello']]);
    await eventually(() => expect(edge.delivered.flatMap(idsOf)).toEqual([1]));
  });

  // Interleaving: both inboxes are in the middle of an append when each is asked for the copy of the other's.
  test('two who write to each other at the same time do not wait for each other', async () => {
    const holds = [gate.hold('append', 'before'), gate.hold('append', 'before')] as const;
    const replies = [edge.send('alice', 'bob', 'to bob'), edge.send('bob', 'alice', 'to alice')];
    await Promise.all(holds.map(({ arrived }) => arrived));
    for (const held of holds) held.release();
    expect(await Promise.all(replies)).toHaveLength(2);
    expect([await inbox('bob'), await inbox('alice')]).toEqual([
      ['to bob', 'to alice'],
      ['to alice', 'to bob'],
    ]);
  });
});
