import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { GATEWAY, ROLE, ROUTER, type DeliverNotice, type OpenReply, type SendReply, type SendRequest } from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { byKey, instance, type Destination, type MeshHandler, type MeshNode } from '#mesh';
import { ENGINE_KINDS, eventually, RedisServer, Stage, type EngineGate, type RoleHost } from '#testing';
import { RouterModule } from '../router.module.js';

const log = { kind: 'inbox', id: 'bob' } as const;
const AWAY = new EngineUnavailableError('away');
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** A gateway as far as a router sees it: sends, and hears what is delivered. */
class Edge {
  readonly notices: DeliverNotice[] = [];
  private mesh!: MeshNode;

  static async start(stage: Stage, id: string): Promise<Edge> {
    const edge = new Edge();
    const hear: MeshHandler = { one: ({ data }) => edge.notices.push(data as DeliverNotice) };
    edge.mesh = await stage.node(ROLE.gateway, id, (node) => node.handle(GATEWAY.deliver, hear));
    return edge;
  }

  get texts(): string[] {
    return this.notices.flatMap(({ entries }) => entries.map(({ body }) => Buffer.from(body).toString()));
  }

  get ids(): number[] {
    return this.notices.flatMap(({ entries }) => entries.map(({ messageId }) => messageId));
  }

  send(text: string, more: Partial<SendRequest> = {}, to: Destination = byKey(ROLE.router, 'bob')): Promise<SendReply> {
    const request = { to: 'bob', from: 'alice', body: Buffer.from(text), ...more };
    return this.mesh.ask<SendReply>(to, ROUTER.send, request, { timeoutMs: 20_000 });
  }

  open(): Promise<OpenReply> {
    return this.mesh.ask<OpenReply>(
      byKey(ROLE.router, 'bob'),
      ROUTER.open,
      { userId: 'bob', limit: 10 },
      { timeoutMs: 20_000 },
    );
  }
}

describe.each(ENGINE_KINDS)('an inbox on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let gate: EngineGate;
  let engine: Engine;
  let router: RoleHost;
  let alice: Edge;
  let bob: Edge;

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  beforeEach(async () => {
    stage = await Stage.start({ kind, redis });
    ({ gate, engine } = stage);
    router = await stage.host(ROLE.router, 'router-01', RouterModule);
    alice = await Edge.start(stage, 'gateway-01');
    bob = await Edge.start(stage, 'gateway-02');
  });
  afterEach(async () => stage.stop());

  const connect = (connectionId: string, gatewayId: string): Promise<unknown> =>
    engine.presence.register({ userId: 'bob', connectionId, gatewayId, incarnation: 'i', status: 'online' }, 3);

  describe('a message', () => {
    test('is stored, answered, and sent once to each gateway where its recipient is connected', async () => {
      await Promise.all([connect('c1', 'gateway-02'), connect('c2', 'gateway-01'), connect('c3', 'gateway-02')]);
      expect(await alice.send('hello')).toEqual({ messageId: 1, timestamp: expect.any(Number), duplicate: false });
      await eventually(() => expect([alice.texts, bob.texts]).toEqual([['hello'], ['hello']]));
      const { epoch, entries } = await engine.log.read(log, 0, 10);
      expect(entries.map(({ body }) => body.toString())).toEqual(['hello']);
      expect(bob.notices).toEqual([{ userId: 'bob', epoch, entries: [expect.objectContaining({ messageId: 1 })] }]);
      expect(router.stats('router')).toMatchObject({
        accepted: 1,
        duplicates: 0,
        delivered: 2,
        inboxes: 1,
        backlogBytes: 0,
      });
    });

    test('repeated with its id is answered as before, stored once and delivered once', async () => {
      await connect('c1', 'gateway-02');
      const first = await alice.send('once', { id: 'm-1' });
      expect(await alice.send('once', { id: 'm-1' })).toEqual({ ...first, duplicate: true });
      expect(await alice.send('next', { id: 'm-2' })).toMatchObject({ messageId: 2 });
      await eventually(() => expect(bob.ids).toEqual([1, 2]));
      expect(router.stats('router')).toMatchObject({ accepted: 2, duplicates: 1 });
    });

    test('for somebody who is away is stored and sent nowhere', async () => {
      expect(await alice.send('later')).toMatchObject({ messageId: 1 });
      expect(router.stats('router')).toMatchObject({ accepted: 1, delivered: 0 });
    });
  });

  describe('batches', () => {
    test('what arrives while an append is in flight is stored by the next one, in order', async () => {
      await connect('c1', 'gateway-02');
      const held = gate.hold('append', 'before');
      const first = alice.send('1');
      await held.arrived;
      const rest = numbers(2, 50).map((n) => alice.send(String(n)));
      // Waits in the mailbox: the router has taken the frame when it counts its bytes.
      await eventually(() => expect(router.stats('router')['backlogBytes']).toBe(1 + 8 + 41 * 2));
      held.release();
      const replies = await Promise.all([first, ...rest]);
      expect(replies.map(({ messageId }) => messageId)).toEqual(numbers(1, 50));
      expect(gate.calls('append')).toBe(2);
      await eventually(() => expect(bob.texts).toEqual(numbers(1, 50).map(String)));
      expect(bob.notices).toHaveLength(2);
      expect(router.stats('router')).toMatchObject({ batches: 2, batchEntries: 50, largestBatch: 49, backlogBytes: 0 });
    });

    test('are bounded', async () => {
      const held = gate.hold('append', 'before');
      const sent = numbers(1, 1_201).map((n) => alice.send(String(n)));
      await held.arrived;
      held.release();
      const ids = (await Promise.all(sent)).map(({ messageId }) => messageId);
      expect(ids).toEqual(numbers(1, 1_201));
      expect(router.stats('router')['largestBatch']).toBeLessThanOrEqual(500);
    });

    test('more than a mailbox holds is refused as overloaded, and what was taken is stored', async () => {
      const held = gate.hold('append', 'before');
      const first = alice.send('0');
      await held.arrived;
      const sent = await (async () => {
        const all = numbers(1, 10_100).map((n) => alice.send(String(n)));
        await eventually(() => expect(router.stats('router')['overloaded']).toBe(100));
        held.release();
        return Promise.allSettled([first, ...all]);
      })();
      const refused = sent.filter((one) => one.status === 'rejected').map(({ reason }) => reason as unknown);
      expect(refused).toHaveLength(100);
      expect(refused[0]).toMatchObject({ code: 'remote', remoteCode: 'overloaded', retryAfterMs: expect.any(Number) });
      const stored = sent.filter((one) => one.status === 'fulfilled').map(({ value }) => value.messageId);
      expect(stored).toEqual(numbers(1, 10_001));
      expect(router.stats('router')['backlogBytes']).toBe(0);
    });
  });

  describe('while the engine is away', () => {
    test('each message is refused, and the inbox goes on when it is back', async () => {
      gate.fail('append', AWAY);
      const refused = await Promise.allSettled([alice.send('a'), alice.send('b')]);
      for (const one of refused)
        expect(one).toMatchObject({
          reason: { code: 'remote', remoteCode: 'unavailable', retryAfterMs: expect.any(Number) },
        });
      gate.fail('append');
      expect(await alice.send('c')).toMatchObject({ messageId: 1 });
      expect(router.stats('router')).toMatchObject({ unavailable: 2, accepted: 1, backlogBytes: 0 });
    });

    test('what waits behind a failed batch does not overtake it', async () => {
      const first = gate.hold('append', 'before');
      const second = gate.hold('append', 'before');
      const sent = [alice.send('0')];
      await first.arrived;
      numbers(1, 1_100).forEach((n) => sent.push(alice.send(String(n))));
      await eventually(() => expect(router.stats('router')['backlogBytes']).toBeGreaterThan(1_100));
      first.release();
      await second.arrived;
      second.release(AWAY);
      const [stored, ...refused] = await Promise.allSettled(sent);
      expect(stored).toMatchObject({ status: 'fulfilled' });
      expect(refused.every(({ status }) => status === 'rejected')).toBe(true);
      expect(gate.calls('append')).toBe(2);
    });
  });

  describe('nothing is lost between storing and delivering', () => {
    // Interleaving: append stored → the answer is lost → the sender repeats → only the repetition can tell the live session.
    test('a message whose first append was stored unseen reaches its recipient by the repetition', async () => {
      await connect('c1', 'gateway-02');
      await alice.send('before', { id: 'm-0' });
      const held = gate.hold('append', 'after');
      const lost = alice.send('hello', { id: 'm-1' });
      await held.arrived;
      held.release(AWAY);
      await expect(lost).rejects.toMatchObject({ remoteCode: 'unavailable' });
      await eventually(() => expect(bob.ids).toEqual([1]));
      expect(await alice.send('hello', { id: 'm-1' })).toMatchObject({ messageId: 2, duplicate: true });
      await eventually(() => expect(bob.ids).toEqual([1, 2]));
    });

    // Interleaving: append sent → bob registers → append runs: the answer names his connection.
    test('whoever registers before the append runs is told', async () => {
      const held = gate.hold('append', 'before');
      const sent = alice.send('hello');
      await held.arrived;
      await connect('c1', 'gateway-02');
      held.release();
      await sent;
      await eventually(() => expect(bob.texts).toEqual(['hello']));
    });

    // Interleaving: append has run → bob registers, then opens his log → the router learns of the append.
    test('whoever registers after it finds it by opening the log', async () => {
      const held = gate.hold('append', 'after');
      const sent = alice.send('hello');
      await held.arrived;
      await connect('c1', 'gateway-02');
      const opened = await bob.open();
      expect(opened.entries.map(({ messageId }) => messageId)).toEqual([1]);
      held.release();
      await sent;
      await eventually(() => expect(gate.calls('append')).toBe(1));
      expect(bob.notices).toEqual([]);
    });

    // Two routers both think that they own bob: one is in the middle of an append when the other begins.
    test('two owners at once: one order, no gap, everybody answered', async () => {
      const other = await stage.host(ROLE.router, 'router-02', RouterModule);
      await connect('c1', 'gateway-02');
      const held = gate.hold('append', 'after');
      const owners = ['router-01', 'router-02'].map((id) => instance(ROLE.router, id));
      const sent = [alice.send('first', {}, owners[0])];
      await held.arrived;
      for (const n of numbers(1, 100)) sent.push(alice.send(String(n), { id: `m-${n}` }, owners[n % 2]));
      await eventually(() => expect(other.stats('router')['accepted']).toBe(50));
      held.release();
      const ids = (await Promise.all(sent)).map(({ messageId }) => messageId);
      expect([...ids].sort((a, b) => a - b)).toEqual(numbers(1, 101));
      await eventually(() => expect([...bob.ids].sort((a, b) => a - b)).toEqual(numbers(1, 101)));
      // A repetition that another owner has stored and delivered may be delivered again: the session drops it.
      const again = await alice.send('1', { id: 'm-1' }, owners[0]);
      expect(again).toMatchObject({ duplicate: true, messageId: ids[1] });
    });
  });

  describe('an ephemeral message', () => {
    test('keeps its place among the stored ones of its sender, has no id and is not stored', async () => {
      await connect('c1', 'gateway-02');
      const held = gate.hold('locate', 'before');
      const first = alice.send('typing', { ephemeral: true });
      await held.arrived;
      const rest = ['hello', 'typing again', 'there'].map((text) =>
        alice.send(text, { ephemeral: text.startsWith('t') && text !== 'there' }),
      );
      held.release();
      const replies = await Promise.all([first, ...rest]);
      expect(replies.map(({ messageId }) => messageId)).toEqual([0, 1, 0, 2]);
      await eventually(() => expect(bob.texts).toEqual(['typing', 'hello', 'typing again', 'there']));
      expect((await engine.log.read(log, 0, 10)).entries).toHaveLength(2);
      expect(router.stats('router')).toMatchObject({ ephemeral: 2, accepted: 2 });
    });

    test('to somebody who is away goes nowhere', async () => {
      expect(await alice.send('typing', { ephemeral: true })).toMatchObject({ messageId: 0, duplicate: false });
      expect(router.stats('router')['delivered']).toBe(0);
    });
  });
});
