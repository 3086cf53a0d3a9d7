import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { byKey, InstanceTakenError, instance } from '#mesh';
import { eventually, VirtualClock } from '#testing';
import { listen, LocalMesh, members, turns } from '../../test/local-mesh.js';

const soon = { timeoutMs: 1_000 };

describe('membership', () => {
  let clock: VirtualClock;
  let mesh: LocalMesh;
  beforeEach(() => {
    clock = new VirtualClock();
    mesh = new LocalMesh(clock);
  });
  afterEach(async () => mesh.stop());

  /** Time passes in steps short enough for beats to be answered. */
  const pass = (ms: number): Promise<void> => clock.advanceGently(ms, Math.ceil(ms / 50));

  test('shows those who joined, at once and without another look at the store', async () => {
    const a = await mesh.join('a', ['gateway']);
    const told = listen(a);
    const holds = a.leases.holds;
    const b = await mesh.join('b', ['router', 'presence']);
    await turns();
    expect(told).toEqual(['router:b joined', 'presence:b joined']);
    expect(members(a, 'router')).toEqual(['b']);
    expect(members(b, 'gateway')).toEqual(['a']);
    expect(a.leases.holds).toBe(holds);
  });

  test('finds one whose announcement was lost: by its first frame, or by the next beat', async () => {
    const a = await mesh.join('a', ['gateway']);
    const b = await mesh.join('b', ['gateway']);
    for (const { carrier } of [a, b]) carrier.turn(false);
    const c = await mesh.join('c', ['router']);
    await turns();
    for (const { carrier } of [a, b]) carrier.turn(true);
    await turns();
    a.node.handle('x', { one: (request) => request.reply('known') });
    expect(await c.node.ask(instance('gateway', 'a'), 'x', 1, soon)).toBe('known');
    await turns();
    expect(members(a, 'router')).toEqual(['c']);
    await pass(1_000);
    expect(members(b, 'router')).toEqual(['c']);
  });

  test('refuses a second holder of a live id, which then has never listened', async () => {
    const first = await mesh.join('router-01', ['router']);
    const second = mesh.make('router-01', ['router']);
    const handled: string[] = [];
    for (const [name, { node }] of Object.entries({ first, second })) {
      node.handle('x', { one: (request) => request.reply(handled.push(name) && name) });
    }
    await expect(second.node.join()).rejects.toThrow(InstanceTakenError);
    await expect(second.node.join()).rejects.toThrow(/"router-01".*another live instance/);
    const other = await mesh.join('gateway-01', ['gateway']);
    expect(await other.node.ask(byKey('router', 'k'), 'x', 1, soon)).toBe('first');
    expect(handled).toEqual(['first']);
    expect(second.node.connected).toBe(false);
  });

  test('lets an id be taken again once the lease of a crashed holder has ended', async () => {
    const a = await mesh.join('a', ['gateway']);
    const told = listen(a);
    const crashed = await mesh.join('router-01', ['router']);
    await mesh.kill(crashed);
    const restarted = mesh.make('router-01', ['router']);
    await expect(restarted.node.join()).rejects.toThrow(InstanceTakenError);
    await pass(6_000);
    await restarted.node.join();
    await turns();
    expect(told).toEqual(['router:router-01 joined', 'router:router-01 expired', 'router:router-01 joined']);
  });

  test('sees a goodbye at once', async () => {
    const a = await mesh.join('a', ['gateway']);
    const b = await mesh.join('b', ['router']);
    await turns();
    const told = listen(a);
    await b.node.leave();
    await turns();
    expect(told).toEqual(['router:b left']);
    expect(members(a, 'router')).toEqual([]);
    const again = await mesh.join('b', ['router']);
    await turns();
    expect(members(a, 'router')).toEqual([again.node.self.id]);
  });

  test('does not bring back one that left while an older answer was on its way', async () => {
    const a = await mesh.join('a', ['gateway']);
    const b = await mesh.join('b', ['router']);
    await turns();
    const told = listen(a);
    a.leases.holdBackAnswers();
    await pass(1_000);
    await b.node.leave();
    await turns();
    a.leases.letThrough();
    await turns();
    expect(members(a, 'router')).toEqual([]);
    expect(told).toEqual(['router:b left']);
  });

  test('declares a silent member dead when its lease ends, within its life and not before', async () => {
    const a = await mesh.join('a', ['gateway']);
    const b = await mesh.join('b', ['router']);
    await pass(3_000);
    const told = listen(a);
    await mesh.kill(b);
    await pass(3_900);
    expect(told).toEqual([]);
    await pass(1_200);
    expect(told).toEqual(['router:b expired']);
    expect(members(a, 'router')).toEqual([]);
  });

  test('keeps members who beat, for as long as they do', async () => {
    const a = await mesh.join('a', ['gateway']);
    await mesh.join('b', ['router']);
    await turns();
    const told = listen(a);
    await pass(60_000);
    expect(told).toEqual([]);
    expect(members(a, 'router')).toEqual(['b']);
  });

  test('keeps what is asked between taking the lease and hearing of it', async () => {
    const a = await mesh.join('a', ['gateway']);
    const b = mesh.make('b', ['router']);
    b.node.handle('x', { one: (request) => request.reply('done') });
    b.leases.holdBackAnswers();
    const joining = b.node.join();
    await turns();
    await pass(1_000);
    expect(members(a, 'router')).toEqual(['b']);
    const reply = a.node.ask(byKey('router', 'k'), 'x', 1, soon);
    await turns();
    b.leases.letThrough();
    await joining;
    expect(await reply).toBe('done');
  });

  test('joins once however often it is asked to, and can try again after a failure', async () => {
    const a = mesh.make('a', ['gateway']);
    a.leases.away = true;
    await expect(a.node.join()).rejects.toThrow('away');
    a.leases.away = false;
    await Promise.all([a.node.join(), a.node.join()]);
    expect(a.node.connected).toBe(true);
    expect(a.leases.holds).toBe(2);
    await a.node.leave();
    await expect(mesh.join('a', ['gateway'])).resolves.toBeDefined();
  });

  test('leaves no timer behind', async () => {
    const a = await mesh.join('a', ['gateway']);
    await pass(2_500);
    await a.node.leave();
    await eventually(() => expect(clock.pending).toBe(0));
  });

  test('tells later listeners though one of them throws, and none that has unsubscribed', async () => {
    const a = await mesh.join('a', ['gateway']);
    const boom = new Error('listener');
    a.node.subscribe({
      onJoined: () => {
        throw boom;
      },
    });
    const gone: string[] = [];
    a.node.subscribe({ onJoined: ({ id }) => void gone.push(id) })();
    const told = listen(a);
    await mesh.join('b', ['router']);
    await turns();
    expect([told, gone, a.errors]).toEqual([['router:b joined'], [], [boom]]);
  });
});
