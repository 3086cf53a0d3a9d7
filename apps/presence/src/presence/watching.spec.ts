import { beforeEach, describe, expect, test } from '@jest/globals';
import { ROLE } from '#contract';
import { ENGINE_KINDS, eventually } from '#testing';
import { GRACE_MS, WatchStage } from './watch-stage.suite.js';

const TTL_MS = 2_000;

describe.each(ENGINE_KINDS)('watching on the %s engine', (kind) => {
  const on = new WatchStage(kind);
  const { register, remove, set, locate, watch, said, believed, pass } = on;

  describe('beginning to watch', () => {
    // Interleaving: the gateway is recorded → the user comes online, and all who watch are told → the status is read.
    test('while the status changes: it is in the answer, or pushed', async () => {
      const held = on.stage.gate.hold('describe', 'before');
      const watching = watch(1);
      await held.arrived;
      await register('c1');
      held.release();
      expect(await watching).toMatchObject([{ status: 'online' }]);
      await eventually(() => expect(said(1)).toEqual(['online']));
    });

    // Interleaving: the status is read → the user comes online, and all who watch are told → the answer leaves.
    test('with an answer that is older than a push: the push has the higher version', async () => {
      const held = on.stage.gate.hold('describe', 'after');
      const watching = watch(1);
      await held.arrived;
      await register('c1');
      await eventually(() => expect(said(1)).toEqual(['online']));
      held.release();
      const answer = await watching;
      expect(answer).toMatchObject([{ status: 'offline' }]);
      expect(believed(1, answer)).toBe('online');
    });

    // Interleaving: the status has changed, those who watch are about to be asked for → a gateway begins to watch, at another owner.
    test('at another owner while a change is being told', async () => {
      await on.startPresence('presence-02');
      await register('c1', undefined, { status: 'offline' });
      const held = on.stage.gate.hold('ofEach', 'before');
      await set('c1', 'online');
      await held.arrived;
      expect(await watch(1, ['bob'], 'presence-02')).toMatchObject([{ status: 'online' }]);
      held.release();
      await eventually(() => expect(said(1)).toEqual(['online']));
    });

    // Interleaving: a connection was registered, and with it was said who watches: nobody → a gateway begins to watch, at another owner.
    test('at another owner while the first does not know yet that the user has come', async () => {
      await on.startPresence('presence-02');
      const held = on.stage.gate.hold('register', 'after');
      const registered = register('c1');
      await held.arrived;
      const answer = await watch(1, ['bob'], 'presence-02');
      expect(answer).toMatchObject([{ status: 'online' }]);
      held.release();
      await registered;
      await set('c1', 'away');
      await eventually(() => expect(believed(1, answer)).toBe('away'));
    });

    test('within the grace time: the user is as before, and a silent return leaves it true', async () => {
      await register('c1');
      await set('c1', 'away');
      await remove('c1');
      const answer = await watch(1);
      expect(answer).toMatchObject([{ status: 'away' }]);
      await register('c2', undefined, { status: 'away' });
      await pass(GRACE_MS);
      expect(said(1)).toEqual([]);
      expect(believed(1, answer)).toBe('away');
    });

    // Interleaving: one owner keeps a going quiet → a gateway asks another, and is told "offline" → the user is back at the first, which says nothing.
    test('within the grace time at an owner who does not know: told offline, and online when that is found out', async () => {
      await on.startPresence('presence-02');
      await register('c1');
      await remove('c1');
      const answer = await watch(1, ['bob'], 'presence-02');
      expect(answer).toMatchObject([{ status: 'offline' }]);
      await register('c2');
      expect(said(1)).toEqual([]);
      await pass(GRACE_MS, 'presence-02');
      await eventually(() => expect(believed(1, answer)).toBe('online'));
    });
  });

  describe('two owners for a while', () => {
    beforeEach(async () => {
      await on.startPresence('presence-02');
      await watch(1);
      await register('c1');
    });

    // Interleaving: one asks whether the user is to be seen → "no" → the other registers and pushes online → the first pushes offline.
    test('the late "offline" of one does not take back the "online" of the other', async () => {
      await remove('c1');
      const held = on.stage.gate.hold('describe', 'after');
      on.stage.clock.advance(GRACE_MS);
      await held.arrived;
      await register('c2', 'presence-02');
      await eventually(() => expect(said(1)).toEqual(['online', 'online']));
      held.release();
      await eventually(() => expect(said(1)).toEqual(['online', 'online', 'offline']));
      expect(believed(1)).toBe('online');
    });

    // Interleaving: offline is decided, the watchers are being asked for → the other registers and pushes online → they come.
    test('an "offline" on its way to the watchers does not take it back either', async () => {
      await remove('c1');
      const held = on.stage.gate.hold('ofEach', 'after');
      on.stage.clock.advance(GRACE_MS);
      await held.arrived;
      await register('c2', 'presence-02');
      await eventually(() => expect(said(1)).toEqual(['online', 'online']));
      held.release();
      await eventually(() => expect(said(1)).toEqual(['online', 'online', 'offline']));
      expect(believed(1)).toBe('online');
    });

    // Interleaving: one sets away, holding the answer → the other sets online again and pushes it → the first pushes away.
    test('statuses set at both end in what the engine has', async () => {
      const held = on.stage.gate.hold('setStatus', 'after');
      const setting = set('c1', 'away');
      await held.arrived;
      await set('c1', 'online', 'presence-02');
      await eventually(() => expect(said(1)).toEqual(['online', 'online']));
      held.release();
      await setting;
      await eventually(() => expect(said(1)).toEqual(['online', 'online', 'away']));
      expect(believed(1)).toBe('online');
    });
  });

  describe('a gateway that dies', () => {
    test('leaves users offline, as those who watch are told', async () => {
      await watch(1);
      await register('c1', undefined, { at: 2 });
      await on.gateway(2).leave();
      await eventually(() => expect(on.presence.stats('presence')['swept']).toBe(1));
      await pass(GRACE_MS);
      await eventually(() => expect(said(1)).toEqual(['online', 'offline']));
    });

    // Interleaving: the sweep has found the user's connection → the user is back elsewhere → the connection is removed.
    test('and whose user is elsewhere before the sweep comes to it, says nothing', async () => {
      await watch(1);
      await on.startPresence('presence-02');
      await register('c1', undefined, { at: 2 });
      const held = on.stage.gate.hold('sweep', 'before');
      await on.gateway(2).leave();
      await held.arrived;
      const sweeper = on.presence.mesh.owner(ROLE.presence, 'bob')?.id;
      await register('c2', sweeper === 'presence-01' ? 'presence-02' : 'presence-01', { at: 3 });
      held.release();
      await eventually(async () => expect((await locate()).connections).toMatchObject([{ connectionId: 'c2' }]));
      await pass(GRACE_MS);
      expect(said(1)).toEqual(['online']);
      expect(believed(1)).toBe('online');
    });
  });

  // Nobody is left to sweep: what is not refreshed ends, and whoever asks first finds out.
  test('connections that expire are found by the next who watches, and told to all others', async () => {
    await on.stage.stop();
    const graceMs = 100;
    await on.start({ presenceTtlMs: TTL_MS }, graceMs);
    await register('c1');
    await eventually(
      async () => {
        if (kind === 'embedded') on.stage.clock.advance(TTL_MS);
        expect(await on.stage.engine.presence.locate('bob')).toEqual([]);
      },
      { timeoutMs: 5 * TTL_MS },
    );
    await on.stage.engine.watchers.add(['bob'], { gatewayId: 'gateway-02', incarnation: 'i' });
    const answer = await watch(1);
    expect(answer).toMatchObject([{ status: 'online' }]);
    await pass(graceMs);
    await eventually(() => expect([said(1), said(2)]).toEqual([['offline'], ['offline']]));
    expect(believed(1, answer)).toBe('offline');
    expect((await locate()).lastSeen).toEqual(expect.any(Number));
  });
});
