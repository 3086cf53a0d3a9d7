import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { byKey, instance, type MeshError, type MeshRequest } from '#mesh';
import { VirtualClock } from '#testing';
import { LocalMesh, turns, type LocalPart } from '../../test/local-mesh.js';

const soon = { timeoutMs: 10_000 };
const again = { ...soon, idempotent: true };

describe('asks whose member is lost', () => {
  let clock: VirtualClock;
  let mesh: LocalMesh;
  let gateway: LocalPart;
  let routers: Record<'a' | 'b', LocalPart>;
  /** What each router was asked, in order. */
  let asked: Record<string, unknown[]>;
  /** Requests that a router keeps unanswered. */
  let kept: MeshRequest[];
  let keeps: Set<string>;

  beforeEach(async () => {
    clock = new VirtualClock();
    mesh = new LocalMesh(clock);
    asked = {};
    kept = [];
    keeps = new Set();
    gateway = await mesh.join('gateway-01', ['gateway']);
    routers = { a: await router('a'), b: await router('b') };
    await turns();
  });
  afterEach(async () => mesh.stop());

  const router = async (id: string): Promise<LocalPart> => {
    const part = mesh.make(id, ['router']);
    asked[id] ??= [];
    part.node.handle('work', {
      one: (request) => {
        asked[id]?.push(request.data);
        if (keeps.has(id)) kept.push(request);
        else request.reply(`${id} ${String(request.data)}`);
      },
    });
    await part.node.join();
    return part;
  };

  /** A key placed on that router now. */
  const keyOn = (id: string): string => {
    for (let i = 0; ; i++) if (gateway.node.owner('router', `key-${i}`)?.id === id) return `key-${i}`;
  };

  const pass = (ms: number): Promise<void> => clock.advanceGently(ms, Math.ceil(ms / 50));

  test('go to the new owner in the order of their first sending, before anything asked later', async () => {
    keeps.add('a');
    const to = byKey('router', keyOn('a'));
    const first = [1, 2, 3].map((n) => gateway.node.ask(to, 'work', n, again));
    await turns();
    expect(asked['a']).toEqual([1, 2, 3]);
    await mesh.kill(routers.a);
    // The caller asks on in the very moment in which the loss is noticed: as a listener, and as the sink of a failed ask.
    const later: Promise<unknown>[] = [];
    gateway.node.request(to, 'work', 'not idempotent', soon, {
      onReply: () => undefined,
      onError: () => void later.push(gateway.node.ask(to, 'work', 5, again)),
    });
    const fourth = gateway.node.ask(to, 'work', 4, again);
    await turns();
    expect(await Promise.all([...first, fourth, ...later])).toEqual(['b 1', 'b 2', 'b 3', 'b 4', 'b 5']);
    expect(asked['b']).toEqual([1, 2, 3, 4, 5]);
    expect(gateway.node.stats()).toMatchObject({ pending: 0, resent: 4 });
  });

  test('do not wait for the end of the lease when the carrier finds nobody, in whichever frame they were', async () => {
    keeps.add('a');
    const key = keyOn('a');
    const waiting = gateway.node.ask(byKey('router', key), 'work', 'sent long ago', again);
    await turns();
    await mesh.kill(routers.a);
    const began = clock.now();
    gateway.node.tell(byKey('router', key), 'work', 'a tell finds out');
    expect(await waiting).toBe('b sent long ago');
    expect(clock.now()).toBe(began);
    expect(gateway.node.members('router').map(({ id }) => id)).toEqual(['b']);
  });

  test('do not wait for it either when nothing else is sent: probes find out', async () => {
    keeps.add('a');
    const waiting = gateway.node.ask(byKey('router', keyOn('a')), 'work', 1, again);
    await turns();
    await mesh.kill(routers.a);
    await pass(300);
    expect(await waiting).toBe('b 1');
    const sent = gateway.carrier.sent.length;
    await pass(900);
    expect(gateway.carrier.sent.length).toBe(sent);
  });

  test('fail at once when they may not be repeated, or were meant for that member', async () => {
    keeps.add('a');
    const outcomes = [
      gateway.node.ask(byKey('router', keyOn('a')), 'work', 1, soon),
      gateway.node.ask(instance('router', 'a'), 'work', 2, again),
    ].map((ask) => ask.catch((error: MeshError) => error.code));
    await turns();
    await routers.a.node.leave();
    expect(await Promise.all(outcomes)).toEqual(['member_left', 'member_left']);
    await expect(gateway.node.ask(instance('router', 'a'), 'work', 3, soon)).rejects.toMatchObject({
      code: 'no_member',
    });
    expect(asked['b']).toEqual([]);
  });

  test('fail at once, repeatable or not, when nobody is left', async () => {
    keeps.add('a').add('b');
    const asks = ['a', 'b'].map((id) => gateway.node.ask(byKey('router', keyOn(id)), 'work', id, again));
    const outcomes = Promise.all(asks.map((ask) => ask.catch((error: MeshError) => error.code)));
    await turns();
    await routers.a.node.leave();
    await routers.b.node.leave();
    expect(await outcomes).toEqual(['no_member', 'no_member']);
  });

  test('go on once, though all are suspect: nobody is asked in circles', async () => {
    await mesh.kill(routers.a);
    await mesh.kill(routers.b);
    const asks = Array.from({ length: 20 }, (_, i) => gateway.node.ask(byKey('router', `key-${i}`), 'work', i, again));
    const codes = await Promise.all(asks.map((ask) => ask.catch((error: MeshError) => error.code)));
    expect(new Set(codes)).toEqual(new Set(['no_member']));
    expect(gateway.node.stats().resent).toBeLessThanOrEqual(20);
  });

  test('keep the timeout of their first sending', async () => {
    keeps.add('a').add('b');
    const ended: string[] = [];
    const note = ({ code }: MeshError): void => void ended.push(code);
    const sink = { onReply: () => undefined, onError: note };
    gateway.node.request(byKey('router', keyOn('a')), 'work', 1, { timeoutMs: 2_000, idempotent: true }, sink);
    await pass(1_500);
    await routers.a.node.leave();
    await pass(400);
    expect([ended, asked['b']]).toEqual([[], [1]]);
    await pass(150);
    expect(ended).toEqual(['timeout']);
  });

  test('are answered by whoever is first; the other answer is ignored', async () => {
    keeps.add('a');
    const reply = gateway.node.ask(byKey('router', keyOn('a')), 'work', 1, again);
    await turns();
    gateway.carrier.giveBack('router:a', Buffer.alloc(0));
    expect(await reply).toBe('b 1');
    for (const request of kept) request.reply('a, late');
    await turns();
    expect(gateway.node.stats()).toMatchObject({ replies: 1, pending: 0 });
  });

  test('never take the answer to an ask of their own former incarnation', async () => {
    keeps.add('a');
    const key = keyOn('a');
    gateway.node.ask(byKey('router', key), 'work', 'of the first', again).catch(() => undefined);
    await turns();
    await gateway.node.leave();
    gateway = await mesh.join('gateway-01', ['gateway']);
    await turns();
    const reply = gateway.node.ask(byKey('router', key), 'work', 'of the second', again);
    await turns();
    kept[0]?.reply('for the first');
    await turns();
    kept[1]?.reply('for the second');
    expect(await reply).toBe('for the second');
  });

  test('leave a suspect out until it beats again, then its keys go back to it', async () => {
    const key = keyOn('a');
    gateway.carrier.giveBack('router:a', Buffer.alloc(0));
    expect(gateway.node.owner('router', key)?.id).toBe('b');
    expect(await gateway.node.ask(byKey('router', key), 'work', 1, again)).toBe('b 1');
    await pass(3_000);
    expect(gateway.node.owner('router', key)?.id).toBe('a');
    expect(await gateway.node.ask(byKey('router', key), 'work', 2, again)).toBe('a 2');
  });

  describe('because the own carrier was away', () => {
    test('are sent again in order when it is back, before anything asked later', async () => {
      keeps.add('a').add('b');
      const to = byKey('router', keyOn('a'));
      const asks = [1, 2].map((n) => gateway.node.ask(to, 'work', n, again));
      const once = gateway.node.ask(to, 'work', 3, { timeoutMs: 500 }).catch((error: MeshError) => error.code);
      await turns();
      gateway.carrier.turn(false);
      expect(gateway.node.connected).toBe(false);
      await expect(gateway.node.ask(to, 'work', 'refused', again)).rejects.toMatchObject({ code: 'no_member' });
      expect(gateway.node.tell(to, 'work', 'refused')).toBe(false);
      for (const request of kept) request.reply('lost');
      await turns();
      keeps.clear();
      const later: Promise<unknown>[] = [];
      gateway.node.subscribe({ onReconnected: () => void later.push(gateway.node.ask(to, 'work', 4, again)) });
      gateway.carrier.turn(true);
      expect(await Promise.all([...asks, ...later])).toEqual(['a 1', 'a 2', 'a 4']);
      expect(asked['a']).toEqual([1, 2, 3, 1, 2, 4]);
      await pass(600);
      expect(await once).toBe('timeout');
    });

    test('fail if they may not be repeated and never left; no member is suspected for it', async () => {
      const to = byKey('router', keyOn('a'));
      const ends = [again, soon].map((options) => gateway.node.ask(to, 'work', 1, options));
      const outcomes = Promise.all(ends.map((end) => end.catch((error: MeshError) => error.code)));
      // The frame is refused by a connection that just broke.
      const send = gateway.carrier.send.bind(gateway.carrier);
      gateway.carrier.send = (address, frame) => {
        gateway.carrier.turn(false);
        gateway.carrier.giveBack(address, frame);
      };
      await turns();
      gateway.carrier.send = send;
      gateway.carrier.turn(true);
      expect(await outcomes).toEqual(['a 1', 'member_left']);
      expect(gateway.node.members('router')).toHaveLength(2);
    });
  });
});

describe('keys that move while asks for them are under way', () => {
  test('stay where they are until the last is answered, then move', async () => {
    const clock = new VirtualClock();
    const mesh = new LocalMesh(clock);
    const asked: string[] = [];
    const kept: MeshRequest[] = [];
    const router = async (id: string): Promise<LocalPart> => {
      const part = mesh.make(id, ['router']);
      part.node.handle('work', {
        one: (request) => {
          asked.push(`${id} ${String(request.data)}`);
          kept.push(request);
        },
      });
      await part.node.join();
      await turns();
      return part;
    };
    const gateway = await mesh.join('gateway-01', ['gateway']);
    await router('a');
    const names = Array.from({ length: 40 }, (_, i) => `key-${i}`);
    const asks = names.map((name) => gateway.node.ask(byKey('router', name), 'work', `${name} 1`, soon));
    await turns();
    await router('b');
    const moved = names.filter((name) => gateway.node.owner('router', name)?.id === 'b');
    expect(moved.length).toBeGreaterThan(5);
    asks.push(...names.map((name) => gateway.node.ask(byKey('router', name), 'work', `${name} 2`, soon)));
    await turns();
    expect(asked.filter((line) => line.startsWith('b'))).toEqual([]);
    for (const request of kept) request.reply(null);
    await Promise.all(asks);
    const last = names.map((name) => gateway.node.ask(byKey('router', name), 'work', `${name} 3`, soon));
    await turns();
    for (const request of kept) request.reply(null);
    await Promise.all(last);
    expect(asked.filter((line) => line.startsWith('b')).sort()).toEqual(moved.map((name) => `b ${name} 3`).sort());
    await mesh.stop();
  });
});
