import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { byKey, instance } from '#mesh';
import { VirtualClock } from '#testing';
import { keyOf, listen, LocalMesh, members, turns, type LocalPart } from '../../test/local-mesh.js';

const soon = { timeoutMs: 1_000 };

describe('a node without its lease', () => {
  let clock: VirtualClock;
  let mesh: LocalMesh;
  beforeEach(() => {
    clock = new VirtualClock();
    mesh = new LocalMesh(clock);
  });
  afterEach(async () => mesh.stop());

  /** Time passes in steps short enough for beats to be answered. */
  const pass = (ms: number): Promise<void> => clock.advanceGently(ms, Math.ceil(ms / 50));

  test('fences itself when the store is away for its life, acts for nothing, and comes back with the store', async () => {
    const a = await mesh.join('a', ['gateway']);
    const b = await mesh.join('b', ['router']);
    b.node.handle('x', { one: (request) => request.reply('done') });
    await turns();
    const told = listen(b);
    b.leases.away = true;
    await pass(3_900);
    expect(told).toEqual([]);
    expect(await a.node.ask(byKey('router', 'k'), 'x', 1, soon)).toBe('done');
    await pass(1_200);
    expect(told).toEqual(['fenced: lapsed']);
    expect(b.node.connected).toBe(false);
    expect(b.errors.length).toBeGreaterThan(0);
    await pass(1_000);
    expect(members(a, 'router')).toEqual([]);
    b.leases.away = false;
    await pass(1_000);
    expect(told).toEqual(['fenced: lapsed', 'renewed', 'reconnected']);
    expect(b.node.connected).toBe(true);
    await pass(1_000);
    expect(await a.node.ask(byKey('router', 'k'), 'x', 1, soon)).toBe('done');
  });

  test('does not take others for dead because it cannot hear of them', async () => {
    const a = await mesh.join('a', ['gateway']);
    await mesh.join('b', ['router']);
    await turns();
    const told = listen(a);
    a.leases.away = true;
    await pass(20_000);
    expect(told).toEqual(['fenced: lapsed']);
    expect(members(a, 'router')).toEqual(['b']);
    a.leases.away = false;
    await pass(3_000);
    expect(told).toEqual(['fenced: lapsed', 'renewed', 'reconnected']);
  });

  test('sends who asks it meanwhile elsewhere, and drops what it is told', async () => {
    const a = await mesh.join('a', ['gateway']);
    const [b, c] = [await mesh.join('b', ['router']), await mesh.join('c', ['router'])];
    const handled: string[] = [];
    for (const { node } of [b, c]) {
      node.handle('x', { one: (request) => request.reply(handled.push(node.self.id) && node.self.id) });
    }
    await turns();
    const key = { role: 'router', key: keyOf(a, 'b') };
    b.leases.away = true;
    await pass(2_500);
    // The last that a has heard: b is alive.
    a.leases.holdBackAnswers();
    await pass(2_600);
    expect(a.node.owner('router', key.key)?.id).toBe('b');
    a.node.tell(key, 'x', 1);
    const asks = [true, false].map((idempotent) => a.node.ask(key, 'x', 1, { ...soon, idempotent }));
    expect(await Promise.allSettled(asks)).toMatchObject([{ value: 'c' }, { reason: { code: 'member_left' } }]);
    a.leases.letThrough();
    expect(handled).toEqual(['c']);
  });

  test('is over for good when another process has taken the id', async () => {
    const a = await mesh.join('a', ['gateway']);
    const frozen = await mesh.join('b', ['router']);
    const handled: string[] = [];
    const handle = (name: string, { node }: LocalPart): void =>
      node.handle('x', { one: (request) => request.reply(handled.push(name) && name) });
    handle('old', frozen);
    await turns();
    frozen.leases.away = true;
    await pass(6_000);
    const told = listen(frozen);
    const successor = mesh.make('b', ['router']);
    handle('new', successor);
    await successor.node.join();
    frozen.leases.away = false;
    const waiting = frozen.node.ask(instance('gateway', 'a'), 'never', 1, { timeoutMs: 60_000 });
    waiting.catch(() => undefined);
    await pass(1_500);
    expect(told).toEqual(['router:b joined', 'fenced: taken']);
    await expect(waiting).rejects.toBeDefined();
    await expect(frozen.node.ask(instance('gateway', 'a'), 'x', 1, soon)).rejects.toMatchObject({ code: 'stopped' });
    expect(await a.node.ask(byKey('router', 'k'), 'x', 1, soon)).toBe('new');
    await pass(10_000);
    expect(told).toEqual(['router:b joined', 'fenced: taken']);
    expect(handled).toEqual(['new']);
    expect(frozen.node.connected).toBe(false);
  });

  test('outlives an answer of the store that never comes', async () => {
    const a = await mesh.join('a', ['gateway']);
    const told = listen(a);
    a.leases.holdBackAnswers();
    await pass(2_000);
    a.leases.letThrough();
    a.leases.holdBackAnswers();
    await pass(20_000);
    expect(told).toEqual(['fenced: lapsed']);
    a.leases.letThrough();
    await pass(6_000);
    expect(told).toEqual(['fenced: lapsed', 'renewed', 'reconnected']);
  });

  test('stays who it is where only the answers were lost: its lease never ended', async () => {
    const a = await mesh.join('a', ['gateway']);
    const { incarnation } = a.node.self;
    const told = listen(a);
    a.leases.loseAnswers(6);
    await pass(7_500);
    expect(told).toEqual(['fenced: lapsed', 'reconnected']);
    expect(a.node.self.incarnation).toBe(incarnation);
  });
});
