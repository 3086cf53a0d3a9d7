import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { byKey, instance, type MeshRequest } from '#mesh';
import { VirtualClock } from '#testing';
import { keyOf, listen, LocalMesh, members, turns, type LocalPart } from '../../test/local-mesh.js';

const soon = { timeoutMs: 30_000 };

describe('a node that is about to leave', () => {
  let clock: VirtualClock;
  let mesh: LocalMesh;
  let gateway: LocalPart;
  let asked: string[];
  let kept: MeshRequest[];
  beforeEach(async () => {
    clock = new VirtualClock();
    mesh = new LocalMesh(clock);
    asked = [];
    kept = [];
    gateway = await mesh.join('gateway-01', ['gateway']);
  });
  afterEach(async () => mesh.stop());
  const pass = (ms: number): Promise<void> => clock.advanceGently(ms, Math.ceil(ms / 25));
  const router = async (id: string, leaveMs = 0): Promise<LocalPart> => {
    const part = mesh.make(id, ['router'], { leaveMs });
    part.node.handle('keep', { one: (request) => void kept.push(request) });
    part.node.handle('work', { one: (request) => request.reply(asked.push(id) && id) });
    await part.node.join();
    await turns();
    return part;
  };

  test('gets no keys any more, and answers what comes late', async () => {
    const [a, b] = [await router('a'), await router('b')];
    const to = byKey('router', keyOf(gateway, 'a'));
    a.node.retire();
    await turns();
    expect(await gateway.node.ask(to, 'work', 1, soon)).toBe('b');
    expect(await b.node.ask(to, 'work', 1, soon)).toBe('b');
    expect(await a.node.ask(to, 'work', 1, soon)).toBe('b');
    expect(await gateway.node.ask(instance('router', 'a'), 'work', 2, soon)).toBe('a');
    expect(members(gateway, 'router')).toEqual(['a', 'b']);
  });

  test('keeps its keys where there is nobody else', async () => {
    const a = await router('a');
    a.node.retire();
    await turns();
    expect(await gateway.node.ask(byKey('router', 'k'), 'work', 1, soon)).toBe('a');
  });

  test('is known as such to those who did not hear it say so, and to those who come later', async () => {
    await router('b');
    const a = await router('a');
    gateway.carrier.loseFrames();
    a.node.retire();
    await pass(2_000);
    const late = await mesh.join('gateway-02', ['gateway']);
    for (const part of [gateway, late]) {
      const owners = Array.from({ length: 50 }, (_, i) => part.node.owner('router', `key-${i}`)?.id);
      expect(new Set(owners)).toEqual(new Set(['b']));
    }
  });

  test('answers all that is under way before it is gone, repeatable or not', async () => {
    const a = await router('a', 5_000);
    const b = await router('b');
    const to = byKey('router', keyOf(gateway, 'a'));
    const waiting = gateway.node.ask(to, 'keep', 1, soon);
    await turns();
    const told = listen(gateway);
    const leaving = a.node.leave();
    await pass(1_000);
    expect(told).toEqual([]);
    // Asks for the key go on to where the earlier one waits; then it moves.
    const late = gateway.node.ask(to, 'work', 2, soon);
    expect(await late).toBe('a');
    for (const request of kept) request.reply('done');
    expect(await waiting).toBe('done');
    await pass(1_000);
    await leaving;
    await turns();
    expect(told).toEqual(['router:a left']);
    expect(await gateway.node.ask(to, 'work', 3, soon)).toBe('b');
    expect(b.node.connected).toBe(true);
  });

  test('does not wait for ever', async () => {
    const a = await router('a', 1_000);
    const waiting = gateway.node.ask(instance('router', 'a'), 'keep', 1, soon).catch((error: unknown) => error);
    await turns();
    const leaving = a.node.leave();
    await pass(1_100);
    await leaving;
    expect(await waiting).toMatchObject({ code: 'member_left' });
  });
});

describe('a node that could not send for a while', () => {
  let clock: VirtualClock;
  let mesh: LocalMesh;
  let gateway: LocalPart;
  let router: LocalPart;
  beforeEach(async () => {
    clock = new VirtualClock();
    mesh = new LocalMesh(clock);
    gateway = await mesh.join('gateway-01', ['gateway']);
    router = await mesh.join('router-01', ['router']);
    await turns();
  });
  afterEach(async () => mesh.stop());
  const pass = (ms: number): Promise<void> => clock.advanceGently(ms, Math.ceil(ms / 50));
  const gap = async (during: () => void): Promise<void> => {
    router.carrier.turn(false);
    during();
    await turns();
    router.carrier.turn(true);
    await turns();
  };

  test('says so to whom it could not tell, one or all of a role', async () => {
    const other = await mesh.join('gateway-02', ['gateway']);
    await turns();
    const told = [listen(gateway), listen(other)];
    await gap(() => expect(router.node.tell(instance('gateway', 'gateway-01'), 'deliver', 1)).toBe(false));
    expect(told).toEqual([['missed from router:router-01'], []]);
    await gap(() => expect(router.node.tell({ role: 'gateway', all: true }, 'deliver', 1)).toBe(false));
    expect(told.map((heard) => heard.length)).toEqual([2, 1]);
    await gap(() => undefined);
    expect(told.map((heard) => heard.length)).toEqual([2, 1]);
  });

  test('says so where its answer was lost, and is asked again at once', async () => {
    const kept: MeshRequest[] = [];
    router.node.handle('keep', { one: (request) => void kept.push(request) });
    const waiting = gateway.node.ask(byKey('router', 'k'), 'keep', 1, { timeoutMs: 30_000, idempotent: true });
    await turns();
    // The frame with the answer is given back by a connection that just broke.
    const send = router.carrier.send.bind(router.carrier);
    router.carrier.send = (address, frame) => {
      router.carrier.turn(false);
      router.carrier.giveBack(address, frame);
    };
    kept[0]?.reply('lost');
    await turns();
    router.carrier.send = send;
    router.carrier.turn(true);
    await turns();
    kept[1]?.reply('again');
    expect(await waiting).toBe('again');
  });

  test('says so again, until it has been heard or the other is gone', async () => {
    const told = listen(gateway);
    const send = router.carrier.send.bind(router.carrier);
    let given = 0;
    router.carrier.send = (address, frame) => {
      if (given++ < 3 && address === 'gateway:gateway-01') router.carrier.giveBack(address, frame);
      else send(address, frame);
    };
    router.node.tell(instance('gateway', 'gateway-01'), 'deliver', 1);
    await pass(4_000);
    expect(told).toEqual(['missed from router:router-01']);
    const sent = router.carrier.sent.length;
    await pass(4_000);
    expect(router.carrier.sent.length).toBe(sent);
  });
});
