import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Clock } from '#actor';
import { byKey, instance, type MeshRequest } from '#mesh';
import { VirtualClock } from '#testing';
import { listen, LocalMesh, members, turns, type LocalPart } from '../../test/local-mesh.js';

const soon = { timeoutMs: 30_000 };

describe('a node whose lease has ended', () => {
  let clock: VirtualClock;
  let mesh: LocalMesh;
  let gateway: LocalPart;
  let router: LocalPart;
  let kept: MeshRequest[];
  beforeEach(async () => {
    clock = new VirtualClock();
    mesh = new LocalMesh(clock);
    kept = [];
    gateway = await mesh.join('gateway-01', ['gateway']);
    router = await mesh.join('router-01', ['router']);
    router.node.handle('keep', { one: (request) => void kept.push(request) });
    await turns();
  });
  afterEach(async () => mesh.stop());
  const pass = (ms: number): Promise<void> => clock.advanceGently(ms, Math.ceil(ms / 50));

  test('comes back as a new incarnation, before anybody is told that it is back', async () => {
    const former = gateway.node.self.incarnation;
    let asWhom: string | undefined;
    gateway.node.subscribe({ onRenewed: () => (asWhom = gateway.node.self.incarnation) });
    const [toldHere, toldThere] = [listen(gateway), listen(router)];
    gateway.leases.away = true;
    await pass(7_000);
    gateway.leases.away = false;
    await pass(1_000);
    expect(toldHere).toEqual(['fenced: lapsed', 'renewed', 'reconnected']);
    expect(asWhom).not.toBe(former);
    expect(toldThere).toEqual(['gateway:gateway-01 expired', 'gateway:gateway-01 joined']);
    expect(router.node.members('gateway')).toMatchObject([{ incarnation: asWhom }]);
    expect(gateway.node.isSelf({ role: 'gateway', id: 'gateway-01', incarnation: former })).toBe(true);
  });

  test('takes the answer to what it asked as its former self', async () => {
    const waiting = gateway.node.ask(instance('router', 'router-01'), 'keep', 1, soon);
    await turns();
    gateway.leases.away = true;
    await pass(7_000);
    gateway.leases.away = false;
    await pass(1_000);
    kept[0]?.reply('late');
    expect(await waiting).toBe('late');
  });

  // Interleaving: the hold as the next incarnation is carried out → its answer is lost → asked again, the store names a holder that is not the
  // incarnation asked for. That is this process itself, not another that took its id.
  test('knows itself where the answer to its renewal was lost', async () => {
    const told = listen(gateway);
    gateway.leases.away = true;
    await pass(6_000);
    gateway.leases.away = false;
    gateway.leases.loseAnswers(1);
    await pass(1_000);
    expect(told).toEqual(['fenced: lapsed']);
    await pass(1_000);
    expect(told).toEqual(['fenced: lapsed', 'renewed', 'reconnected']);
    await gateway.node.leave();
    await mesh.join('gateway-01', ['gateway']);
  });

  test('gives up what it may hold by a renewal whose answer was lost', async () => {
    gateway.leases.away = true;
    await pass(6_000);
    gateway.leases.away = false;
    gateway.leases.loseAnswers(1);
    await pass(1_000);
    await gateway.node.leave();
    await mesh.join('gateway-01', ['gateway']);
  });

  // What FLUSHALL does: nobody was away, and everything is gone.
  test('is renewed at the next beat when the store has lost all leases; nobody is taken for dead in between', async () => {
    const [toldHere, toldThere] = [listen(gateway), listen(router)];
    const waiting = gateway.node.ask(byKey('router', 'k'), 'keep', 1, { ...soon, idempotent: true });
    await turns();
    mesh.leases.clear();
    for (let i = 0; i < 20; i++) {
      await pass(100);
      expect([members(gateway, 'router'), members(router, 'gateway')]).toEqual([['router-01'], ['gateway-01']]);
    }
    expect(toldHere).toEqual(expect.arrayContaining(['renewed', 'reconnected']));
    expect(toldThere).toEqual(expect.arrayContaining(['renewed', 'reconnected']));
    for (const request of kept) request.reply('done');
    expect(await waiting).toBe('done');
  });
});

describe('a node that may go adrift', () => {
  let clock: VirtualClock;
  let mesh: LocalMesh;
  beforeEach(() => {
    clock = new VirtualClock();
    mesh = new LocalMesh(clock);
  });
  afterEach(async () => mesh.stop());
  const pass = (ms: number): Promise<void> => clock.advanceGently(ms, Math.ceil(ms / 50));
  /** How far the router's clock has jumped: its timers do not fire on the way. */
  let jumped = 0;
  const own: Clock = {
    now: () => clock.now() + jumped,
    setTimeout: (fn, ms) => clock.setTimeout(fn, ms),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
  const router = async (): Promise<LocalPart> => {
    jumped = 0;
    const part = mesh.make('router-01', ['router'], { adriftMs: 20_000, clock: own });
    part.node.handle('x', { one: (request) => request.reply('done') });
    await part.node.join();
    return part;
  };

  test('acts on while the store fails all, and is as new when the store is back', async () => {
    const parts = [await mesh.join('gateway-01', ['gateway'], { adriftMs: 20_000 }), await router()] as const;
    await turns();
    const told = parts.map(listen);
    for (const { leases } of parts) leases.away = true;
    await pass(15_000);
    expect(told).toEqual([[], []]);
    expect(parts.map(({ node }) => node.connected)).toEqual([true, true]);
    expect(await parts[0].node.ask(byKey('router', 'k'), 'x', 1, soon)).toBe('done');
    for (const { leases } of parts) leases.away = false;
    await pass(3_000);
    for (const heard of told) expect(heard).toEqual(expect.arrayContaining(['renewed', 'reconnected']));
    expect(members(parts[0], 'router')).toEqual(['router-01']);
  });

  test('does not for longer than it may', async () => {
    const part = await router();
    const told = listen(part);
    part.leases.away = true;
    await pass(24_000);
    expect(told).toEqual([]);
    await pass(2_000);
    expect(told).toEqual(['fenced: lapsed']);
  });

  test('does not after it was frozen: it does not know what happened meanwhile', async () => {
    const part = await router();
    part.leases.away = true;
    await pass(2_000);
    const told = listen(part);
    jumped = 10_000;
    await pass(1_000);
    expect(told).toEqual(['fenced: lapsed']);
  });
});
