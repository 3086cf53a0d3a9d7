import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROLE, ROUTER, type AckNotice, type OpenReply, type OpenRequest, type ReadReply } from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { byKey, type MeshNode } from '#mesh';
import { packBody } from '#protocol';
import { ENGINE_KINDS, eventually, RedisServer, Stage, type EngineGate } from '#testing';
import { RouterModule } from '../router.module.js';

const log = { kind: 'inbox', id: 'bob' } as const;
const AWAY = new EngineUnavailableError('away');
const OWNER = byKey(ROLE.router, 'bob');
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe.each(ENGINE_KINDS)('reading an inbox on the %s engine', (kind) => {
  let redis: RedisServer | undefined;
  let stage: Stage;
  let gate: EngineGate;
  let engine: Engine;
  let bob: MeshNode;

  beforeAll(async () => {
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
  });
  afterAll(async () => redis?.stop());

  beforeEach(async () => {
    stage = await Stage.start({ kind, redis, settings: { logMaxLength: 1_000 } });
    ({ gate, engine } = stage);
    await stage.host(ROLE.router, 'router-01', RouterModule);
    bob = await stage.node(ROLE.gateway, 'gateway-01');
  });
  afterEach(async () => stage.stop());

  const store = (...texts: readonly string[]): Promise<unknown> =>
    engine.log.append(
      log,
      texts.map((content) => ({ body: packBody({ from: 'alice', to: 'bob', kind: 'text', content }) })),
    );
  const open = (more: Partial<OpenRequest> = {}): Promise<OpenReply> =>
    bob.ask(OWNER, ROUTER.open, { userId: 'bob', limit: 10, ...more }, { timeoutMs: 20_000 });
  const read = (after: number, limit = 10): Promise<ReadReply> =>
    bob.ask(OWNER, ROUTER.read, { userId: 'bob', after, limit }, { timeoutMs: 20_000 });
  const ids = ({ entries }: ReadReply | OpenReply): number[] => entries.map(({ messageId }) => messageId);

  describe('a page', () => {
    test('begins after the cursor given and goes on page by page', async () => {
      await store(...numbers(1, 7).map(String));
      const opened = await open({ lastMessageId: 2, limit: 3 });
      expect(opened).toMatchObject({ resumed: true, cursor: 2, lastMessageId: 7 });
      expect(ids(opened)).toEqual([3, 4, 5]);
      const next = await read(5, 3);
      expect(next).toMatchObject({ epoch: opened.epoch, lastMessageId: 7, firstMessageId: 1 });
      expect(ids(next)).toEqual([6, 7]);
    });

    test('is bounded in bytes as well', async () => {
      await store(...numbers(1, 3).map((n) => String(n).repeat(600_000)));
      expect(ids(await open())).toEqual([1]);
      expect(ids(await read(1))).toEqual([2]);
    });

    test('of an inbox never written to is empty and resumed', async () => {
      expect(await open()).toMatchObject({ resumed: true, cursor: 0, lastMessageId: 0, entries: [] });
    });

    test('is refused while the engine is away', async () => {
      gate.fail('open', AWAY);
      gate.fail('read', AWAY);
      await expect(open()).rejects.toMatchObject({ remoteCode: 'unavailable', retryAfterMs: expect.any(Number) });
      await expect(read(0)).rejects.toMatchObject({ remoteCode: 'unavailable' });
    });
  });

  describe('a reader is told and starts over', () => {
    test('with the epoch of another life of the log', async () => {
      await store('1', '2', '3');
      const opened = await open({ lastMessageId: 2, epoch: 'another' });
      expect(opened).toMatchObject({ resumed: false, cursor: 0, lastMessageId: 3 });
      expect(ids(opened)).toEqual([1, 2, 3]);
    });

    test('with a cursor that the log never reached', async () => {
      await store('1');
      const opened = await open({ lastMessageId: 50 });
      expect(opened).toMatchObject({ resumed: false, cursor: 0 });
      expect(ids(opened)).toEqual([1]);
    });

    test('with a cursor that retention has trimmed past: at the oldest held', async () => {
      for (const n of numbers(0, 3)) await store(...numbers(n * 500 + 1, n * 500 + 500).map(String));
      const { firstMessageId } = await read(0, 1);
      expect(firstMessageId).toBeGreaterThan(100);
      const opened = await open({ lastMessageId: 50 });
      expect(opened).toMatchObject({ resumed: false, cursor: firstMessageId - 1, lastMessageId: 2_000 });
      expect(ids(opened)[0]).toBe(firstMessageId);
      expect(await open({ lastMessageId: firstMessageId - 1 })).toMatchObject({ resumed: true });
    });
  });

  describe('acks', () => {
    let epoch: string;
    beforeEach(async () => {
      await store(...numbers(1, 9).map(String));
      ({ epoch } = await read(0, 1));
    });

    const ack = (messageId: number, device = 'phone'): boolean => {
      const notice: AckNotice = { userId: 'bob', device, messageId, epoch, status: 'delivered' };
      return bob.tell(OWNER, ROUTER.ack, notice);
    };
    const cursor = async (device: string): Promise<number> => (await open({ device })).cursor;

    test('move the place where the device goes on', async () => {
      ack(3);
      await eventually(async () => expect(await open({ device: 'phone' })).toMatchObject({ cursor: 3, resumed: true }));
      expect(ids(await open({ device: 'phone' }))).toEqual(numbers(4, 9));
    });

    test('of one device collapse to the highest while one is being saved', async () => {
      const held = gate.hold('acknowledge', 'before');
      ack(1);
      await held.arrived;
      numbers(2, 9).forEach((n) => ack(n));
      ack(4, 'desk');
      held.release();
      await eventually(async () => expect([await cursor('phone'), await cursor('desk')]).toEqual([9, 4]));
      expect(gate.calls('acknowledge')).toBe(3);
    });

    test('wait for an engine that is away, and are saved when it is back', async () => {
      gate.fail('acknowledge', AWAY);
      ack(5);
      await eventually(() => expect(gate.calls('acknowledge')).toBe(1));
      ack(7);
      await eventually(() => expect(gate.calls('acknowledge')).toBe(2));
      gate.fail('acknowledge');
      await eventually(async () => {
        stage.clock.advance(1_000);
        expect(await cursor('phone')).toBe(7);
      });
    });
  });
});
