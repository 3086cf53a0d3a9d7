import { describe, expect, test } from '@jest/globals';
import { ROLE } from '#contract';
import { EngineUnavailableError } from '#engine';
import { ENGINE_KINDS, eventually } from '#testing';
import { GRACE_MS, WatchStage } from './watch-stage.suite.js';

const AWAY = new EngineUnavailableError('away');

describe.each(ENGINE_KINDS)('what others see, on the %s engine', (kind) => {
  const on = new WatchStage(kind);
  const { register, remove, set, locate, watch, unwatch, notices, said, believed, pass } = on;

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
      const versions = notices(1).map(({ version }) => version);
      expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
      expect(on.presence.stats('presence')).toMatchObject({ pushes: 6, watches: 3, statuses: 3, online: 2, away: 1 });
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
      await eventually(() => expect(said(1)).toEqual(['online', 'away']));
      await on.presence.stop();
      await on.startPresence('presence-02');
      await eventually(() => expect(on.gateway(1).members(ROLE.presence)).toHaveLength(1));
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
      on.stage.gate.fail('setStatus', AWAY);
      await expect(set('c1', 'away')).rejects.toMatchObject(refused);
      on.stage.gate.fail('add', AWAY);
      await expect(watch(1)).rejects.toMatchObject(refused);
    });

    test('that could not be pushed because the engine was away is pushed when it is back, the newest only', async () => {
      await watch(1);
      await register('c1', undefined, { status: 'offline' });
      on.stage.gate.fail('ofEach', AWAY);
      await set('c1', 'online');
      await set('c1', 'away');
      on.stage.gate.fail('ofEach');
      await eventually(() => {
        on.stage.clock.advance(1_000);
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
      const hidden = notices(1)[1];
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
      await register('c3', undefined, { at: 2 });
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
      expect(on.presence.stats('presence')['pushes']).toBe(2);
      expect(await watch(1)).toMatchObject([{ status: 'offline' }]);
    });

    test('is no longer told to a gateway that has stopped watching', async () => {
      await watch(1);
      await watch(2);
      unwatch(1);
      await eventually(() => expect(on.presence.stats('presence')['unwatches']).toBe(1));
      await register('c1');
      await eventually(() => expect(said(2)).toEqual(['online']));
      expect(said(1)).toEqual([]);
    });
  });
});
