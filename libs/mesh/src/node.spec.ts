import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { byKey, everyone, instance, MeshError, type MeshRequest } from '#mesh';
import { eventually, VirtualClock } from '#testing';
import { LocalMesh, turns, type LocalPart } from '../test/local-mesh.js';

const soon = { timeoutMs: 1_000 };

describe('a mesh node', () => {
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

  test('gets an answer to an ask by key and by instance, with byte strings as they are', async () => {
    router.node.handle('echo', { one: (request) => request.reply({ got: request.data, bytes: Buffer.from([1, 2]) }) });
    const reply = { got: { n: 1, body: Buffer.from('x') }, bytes: Buffer.from([1, 2]) };
    const data = { n: 1, body: Buffer.from('x') };
    expect(await gateway.node.ask(byKey('router', 'bob'), 'echo', data, soon)).toEqual(reply);
    expect(await gateway.node.ask(instance('router', 'router-01'), 'echo', data, soon)).toEqual(reply);
  });

  test('keeps the order of packets, whatever their kind', async () => {
    const heard: unknown[] = [];
    const note = { one: (request: MeshRequest): void => void heard.push(request.data) };
    for (const pattern of ['a', 'b', 'c']) router.node.handle(pattern, note);
    const to = instance('router', 'router-01');
    for (let turn = 0; turn < 5; turn++) {
      for (let i = 0; i < 300; i++) {
        const n = turn * 300 + i;
        if (i % 3 === 0) gateway.node.tell(to, 'a', n);
        else if (i % 3 === 1) gateway.node.tell(to, 'b', n, '00-trace-01');
        else gateway.node.request(to, 'c', n, soon, { onReply: () => undefined, onError: () => undefined });
      }
      await turns(1);
    }
    await turns();
    expect(heard).toEqual(Array.from({ length: 1_500 }, (_, i) => i));
  });

  test('fails an ask at its timeout, late by at most a slot, and ignores an answer that comes after', async () => {
    const requests: MeshRequest[] = [];
    router.node.handle('slow', { one: (request) => void requests.push(request) });
    const ended: [number, unknown][] = [];
    const started = clock.now();
    const note = (value: unknown): void => void ended.push([clock.now() - started, value]);
    for (const timeoutMs of [300, 100, 200]) {
      gateway.node.request(byKey('router', 'k'), 'slow', timeoutMs, { timeoutMs }, { onReply: note, onError: note });
    }
    await turns();
    await clock.advanceGently(99, 99);
    expect(ended).toEqual([]);
    await clock.advanceGently(300, 300);
    expect(ended.map(([, error]) => (error as MeshError).code)).toEqual(['timeout', 'timeout', 'timeout']);
    for (const [i, due] of [100, 200, 300].entries()) {
      expect(ended[i]?.[0]).toBeGreaterThanOrEqual(due);
      expect(ended[i]?.[0]).toBeLessThanOrEqual(due + 50);
    }
    for (const request of requests) request.reply('too late');
    await turns();
    expect(ended).toHaveLength(3);
    expect(gateway.node.stats()).toMatchObject({ timeouts: 3, pending: 0, replies: 0 });
  });

  test('tells the code, message and retry time of a handler that refuses', async () => {
    router.node.handle('refuse', { one: (request) => request.fail('overloaded', 'Mailbox full', 250) });
    const failure = gateway.node.ask(byKey('router', 'k'), 'refuse', 1, soon);
    await expect(failure).rejects.toMatchObject({
      name: 'MeshError',
      code: 'remote',
      message: 'Mailbox full',
      remoteCode: 'overloaded',
      retryAfterMs: 250,
    });
  });

  test('fails an ask whose handler throws as internal, says nothing of why, and reports it where it happened', async () => {
    const boom = new Error('secret detail');
    const explode = (): never => {
      throw boom;
    };
    router.node.handle('explode', { one: explode });
    router.node.handle('explode.batch', { many: explode });
    for (const pattern of ['explode', 'explode.batch']) {
      await expect(gateway.node.ask(byKey('router', 'k'), pattern, 1, soon)).rejects.toMatchObject({
        remoteCode: 'internal',
        message: 'Internal error',
      });
    }
    expect(router.errors).toEqual([boom, boom]);
  });

  test('answers an ask that nobody handles, and counts it', async () => {
    const failure = gateway.node.ask(byKey('router', 'k'), 'unknown', 1, soon);
    await expect(failure).rejects.toMatchObject({ code: 'remote', remoteCode: 'no_handler' });
    gateway.node.tell(byKey('router', 'k'), 'unknown', 1);
    await eventually(() => expect(router.node.stats().unhandled).toBe(2));
  });

  test('takes one answer only', async () => {
    router.node.handle('twice', {
      one: (request) => {
        request.reply('first');
        request.reply('second');
        request.fail('third', 'third');
      },
    });
    expect(await gateway.node.ask(byKey('router', 'k'), 'twice', 1, soon)).toBe('first');
    await turns();
    expect(gateway.node.stats()).toMatchObject({ replies: 1, failures: 0 });
  });

  test('tells nobody and asks nobody where nobody is live', async () => {
    expect(gateway.node.tell(byKey('presence', 'k'), 'note', 1)).toBe(false);
    expect(gateway.node.tell(instance('router', 'router-09'), 'note', 1)).toBe(false);
    expect(gateway.node.tell(everyone('presence'), 'note', 1)).toBe(false);
    for (const to of [byKey('presence', 'k'), instance('router', 'router-09')]) {
      for (const idempotent of [true, false]) {
        await expect(gateway.node.ask(to, 'x', 1, { ...soon, idempotent })).rejects.toMatchObject({
          code: 'no_member',
        });
      }
    }
    expect(gateway.node.owner('presence', 'k')).toBeUndefined();
    expect(gateway.node.members('presence')).toEqual([]);
  });

  test('never calls a sink from within request', async () => {
    const events: string[] = [];
    const sink = { onReply: () => undefined, onError: ({ code }: MeshError) => void events.push(code) };
    gateway.node.request(byKey('presence', 'k'), 'x', 1, soon, sink);
    events.push('returned');
    await turns();
    expect(events).toEqual(['returned', 'no_member']);
  });

  test('refuses to ask everybody', () => {
    const sink = { onReply: () => undefined, onError: () => undefined };
    expect(() => gateway.node.request(everyone('router'), 'x', 1, soon, sink)).toThrow(TypeError);
  });

  test('reaches every live instance of a role, itself included', async () => {
    const more = [await mesh.join('gateway-02', ['gateway']), await mesh.join('gateway-03', ['gateway'])];
    await turns();
    const heard: string[] = [];
    const all = [gateway, ...more];
    for (const { node } of all)
      node.handle('notice', { one: ({ data }) => heard.push(`${node.self.id} ${String(data)}`) });
    expect(router.node.tell(everyone('gateway'), 'notice', 'a')).toBe(true);
    expect(gateway.node.tell(everyone('gateway'), 'notice', 'b')).toBe(true);
    await turns();
    expect(heard.sort()).toEqual(
      ['gateway-01 a', 'gateway-01 b', 'gateway-02 a', 'gateway-02 b', 'gateway-03 a', 'gateway-03 b'].sort(),
    );
  });

  test('asks itself the same way: packed, in a later turn, and without the carrier', async () => {
    const all = await mesh.join('all-in-one', ['edge', 'store']);
    await turns();
    const before = all.carrier.sent.length;
    let inside = false;
    all.node.handle('echo', { one: (request) => request.reply([inside, request.data, request.from.address]) });
    inside = true;
    const reply = all.node.ask(byKey('store', 'k'), 'echo', { gone: undefined, kept: new Uint8Array([1]) }, soon);
    inside = false;
    expect(await reply).toEqual([false, { kept: Buffer.from([1]) }, 'edge:all-in-one']);
    expect(all.carrier.sent.length).toBe(before);
    expect(all.node.members('store')).toMatchObject([{ role: 'store', id: 'all-in-one' }]);
    expect(all.node.isSelf(all.node.owner('store', 'k') as never)).toBe(true);
    expect(all.node.isSelf(router.node.owner('router', 'k') as never)).toBe(false);
  });

  test('carries the trace context of asks and tells', async () => {
    const traces: unknown[] = [];
    router.node.handle('traced', {
      one: (request) => {
        traces.push(request.trace);
        request.reply(null);
      },
    });
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    gateway.node.tell(byKey('router', 'k'), 'traced', 1, trace);
    await gateway.node.ask(byKey('router', 'k'), 'traced', 1, { ...soon, trace });
    await gateway.node.ask(byKey('router', 'k'), 'traced', 1, soon);
    expect(traces).toEqual([trace, trace, undefined]);
  });

  test('refuses asks above its bound and counts what waits', async () => {
    const bounded = await mesh.join('gateway-06', ['gateway'], { maxPending: 2 });
    await turns();
    const waiting: MeshRequest[] = [];
    router.node.handle('slow', { one: (request) => void waiting.push(request) });
    const asks = [1, 2, 3].map((n) => bounded.node.ask(byKey('router', 'k'), 'slow', n, soon));
    await expect(asks[2]).rejects.toMatchObject({ code: 'remote', remoteCode: 'overloaded' });
    expect(bounded.node.stats().pending).toBe(2);
    await turns();
    for (const request of waiting) request.reply('done');
    expect(await Promise.all(asks.slice(0, 2))).toEqual(['done', 'done']);
    expect(bounded.node.stats()).toMatchObject({ pending: 0, asks: 2, replies: 2, failures: 1 });
  });

  test('survives a sink that throws', async () => {
    router.node.handle('echo', { one: (request) => request.reply(request.data) });
    const thrown = new Error('sink');
    const fail = (): never => {
      throw thrown;
    };
    gateway.node.request(byKey('router', 'k'), 'echo', 1, soon, { onReply: fail, onError: fail });
    gateway.node.request(byKey('presence', 'k'), 'echo', 1, soon, { onReply: fail, onError: fail });
    expect(await gateway.node.ask(byKey('router', 'k'), 'echo', 2, soon)).toBe(2);
    expect(gateway.errors).toEqual([thrown, thrown]);
  });

  test('fails what waits with stopped when it leaves, and everything after', async () => {
    router.node.handle('slow', { one: () => undefined });
    const waiting = gateway.node.ask(byKey('router', 'k'), 'slow', 1, soon);
    const left = gateway.node.leave();
    await expect(waiting).rejects.toMatchObject({ code: 'stopped' });
    await left;
    await expect(gateway.node.ask(byKey('router', 'k'), 'slow', 1, soon)).rejects.toMatchObject({ code: 'stopped' });
    expect(gateway.node.tell(byKey('router', 'k'), 'slow', 1)).toBe(false);
    expect(gateway.node.connected).toBe(false);
    await expect(mesh.make('gateway-07', ['gateway']).node.leave()).resolves.toBeUndefined();
  });

  test('rejects ids and roles that cannot be addresses', () => {
    for (const [id, roles] of [
      ['a:b', ['x']],
      ['*', ['x']],
      ['a', []],
      ['a', ['mesh']],
      ['a', ['x:*']],
    ] as const) {
      expect(() => mesh.make(id, roles)).toThrow(/Mesh (id|roles)/);
    }
    expect(() => mesh.make('a', ['x'], { beatMs: 10, ttlMs: 15 })).toThrow(/ttlMs/);
    expect(() => router.node.handle('twice', { one: () => undefined })).not.toThrow();
    expect(() => router.node.handle('twice', { one: () => undefined })).toThrow(/handler already/);
  });
});
