import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { byKey, instance } from '#mesh';
import { eventually, VirtualClock } from '#testing';
import { LocalMesh, turns, type LocalPart } from '../../test/local-mesh.js';
import { Frame } from './codec.js';

const soon = { timeoutMs: 1_000 };

function packetsOf(bytes: Buffer): number {
  const frame = Frame.of(bytes);
  let packets = 0;
  while (frame?.next()) packets++;
  return packets;
}

describe('frames between nodes', () => {
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

  test('sends all packets of one turn for one address in one frame, and answers likewise', async () => {
    router.node.handle('echo', { one: (request) => request.reply(request.data) });
    const heard: unknown[] = [];
    router.node.handle('note', { one: (request) => heard.push(request.data) });
    const before = { asked: gateway.carrier.sent.length, answered: router.carrier.sent.length };
    const replies = Array.from({ length: 50 }, (_, i) => gateway.node.ask(byKey('router', `k${i}`), 'echo', i, soon));
    for (let i = 0; i < 50; i++) gateway.node.tell(instance('router', 'router-01'), 'note', i);
    expect(await Promise.all(replies)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(heard).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(gateway.carrier.sent.length - before.asked).toBe(1);
    expect(router.carrier.sent.length - before.answered).toBe(1);
  });

  test('hands a batching handler all packets of a frame together', async () => {
    const batches: number[] = [];
    router.node.handle('sum', {
      many: (requests) => {
        batches.push(requests.length);
        for (const request of requests) request.reply((request.data as number) * 2);
      },
    });
    const replies = [1, 2, 3, 4].map((n) => gateway.node.ask<number>(byKey('router', `k${n}`), 'sum', n, soon));
    expect(await Promise.all(replies)).toEqual([2, 4, 6, 8]);
    expect(batches).toEqual([4]);
  });

  test('counts and drops frames that are not its own kind, and goes on', async () => {
    router.node.handle('echo', { one: (request) => request.reply(request.data) });
    const poison = [
      Buffer.alloc(0),
      Buffer.from('garbage'),
      Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0xc1]),
      Buffer.alloc(1_000, 0x93),
      Buffer.from([0x96, 1, 0xa1, 0x61, 0xa1, 0x62, 0xa0, 0x90, 0x92, 0, 0]),
    ];
    for (const frame of poison) gateway.carrier.send('router:router-01', frame);
    await eventually(() => expect(router.node.stats().poison).toBe(poison.length));
    expect(await gateway.node.ask(byKey('router', 'k'), 'echo', 'fine', soon)).toBe('fine');
    expect(router.errors).toEqual([]);
  });

  test('cuts a turn that is too large for one frame, in order; one large packet goes alone', async () => {
    const small = await mesh.join('gateway-05', ['gateway'], { maxFrameBytes: 10_000, maxFramePackets: 100 });
    await turns();
    const heard: number[] = [];
    router.node.handle('big', { one: ({ data }) => heard.push((data as Buffer).length) });
    const sizes = Array.from({ length: 250 }, (_, i) => (i === 120 ? 50_000 : 500 + i));
    for (const size of sizes) small.node.tell(instance('router', 'router-01'), 'big', Buffer.alloc(size));
    await turns();
    expect(heard).toEqual(sizes);
    const frames = small.carrier.sent.filter(({ address }) => address === 'router:router-01').map(({ frame }) => frame);
    for (const frame of frames) {
      expect(frame.length <= 10_000 || packetsOf(frame) === 1).toBe(true);
    }
  });

  test('fails alone what cannot be packed; its neighbours arrive', async () => {
    const circle: unknown[] = [];
    circle.push(circle);
    router.node.handle('echo', { one: (request) => request.reply(request.data) });
    router.node.handle('circle', { one: (request) => request.reply(circle) });
    const to = byKey('router', 'k');
    const asks = [1, circle, 3].map((data) => gateway.node.ask(to, 'echo', data, soon));
    const outcomes = await Promise.allSettled([...asks, gateway.node.ask(to, 'circle', 4, soon)]);
    expect(outcomes).toMatchObject([
      { value: 1 },
      { reason: { code: 'remote', remoteCode: 'unpackable' } },
      { value: 3 },
      { reason: { code: 'remote', remoteCode: 'internal', message: 'Internal error' } },
    ]);
    expect(gateway.errors).toHaveLength(1);
    expect(router.errors).toHaveLength(1);
  });

  test('counts packets, frames and bytes on both sides', async () => {
    const [sent, received] = [gateway.node.stats(), router.node.stats()];
    router.node.handle('note', { one: () => undefined });
    for (let i = 0; i < 10; i++) gateway.node.tell(byKey('router', 'k'), 'note', i);
    await turns();
    const [sentNow, receivedNow] = [gateway.node.stats(), router.node.stats()];
    expect(sentNow.packetsSent - sent.packetsSent).toBe(10);
    expect(sentNow.framesSent - sent.framesSent).toBe(1);
    expect(receivedNow.packetsReceived - received.packetsReceived).toBe(10);
    expect(receivedNow.bytesReceived - received.bytesReceived).toBe(sentNow.bytesSent - sent.bytesSent);
    expect(sentNow.lateness.maxMs).toBeGreaterThanOrEqual(sentNow.lateness.meanMs);
  });
});
