import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { createMesh, instance, LocalLeases, RedisCarrier, type Layouts, type MeshNode, type MeshRequest } from '#mesh';
import { eventually, FaultProxy, RedisServer } from '#testing';
import { LocalMesh } from '../test/local-mesh.js';
import { Turn, type Publication } from './publication.js';

interface Note {
  readonly to: string;
  readonly at: number;
  readonly body: Uint8Array;
}

const LAYOUTS: Layouts = {
  note: {
    data: {
      fields: 3,
      write(out, { to, at, body }: Note) {
        out.text(to);
        out.number(at);
        out.bytes(body);
      },
      read: (from) => ({ to: from.text(), at: from.number(), body: from.bytes() }),
    },
  },
};

/** A server's script that has been told how, and nothing else. */
const SCRIPT = `
  local data = cmsgpack.pack({ 'bob', tonumber(ARGV[3]), ARGV[4] })
  return redis.call('PUBLISH', ARGV[1] .. 'gateway-01', ARGV[2] .. struct.pack('>BI4', 0xc6, #data) .. data)
`;

const available = RedisServer.available ? describe : describe.skip;

available('a publication', () => {
  let redis: RedisServer;
  /** Before the Redis of every node. */
  let proxy: FaultProxy;
  let leases: LocalLeases;
  let nodes: MeshNode[];
  let gateway: MeshNode;
  let router: MeshNode;
  let script: Redis;
  let heard: MeshRequest[];

  const node = (id: string, roles: readonly string[]): MeshNode => {
    const carrier = new RedisCarrier({ url: `redis://127.0.0.1:${proxy.port}` });
    const made = createMesh({ id, roles, carrier, leases, layouts: LAYOUTS });
    nodes.push(made);
    return made;
  };

  beforeEach(async () => {
    redis = await RedisServer.start();
    proxy = await FaultProxy.start(Number(new URL(redis.url).port));
    [leases, nodes, heard] = [new LocalLeases(), [], []];
    gateway = node('gateway-01', ['gateway']);
    gateway.handle('note', { one: (request) => void heard.push(request) });
    router = node('router-01', ['router']);
    await Promise.all([gateway.join(), router.join()]);
    script = new Redis(redis.url);
  });
  afterEach(async () => {
    script.disconnect();
    await Promise.all(nodes.map((one) => one.leave()));
    await proxy.stop();
    await redis.stop();
  });

  const publish = ({ channel, preamble }: Publication, at: number, body: Buffer): Promise<unknown> =>
    script.eval(SCRIPT, 0, channel, preamble, at, body);

  test('is heard as what this process tells', async () => {
    const publication = router.publication('gateway', 'note')!;
    const bodies = [Buffer.alloc(0), Buffer.from([0, 255, 0xc0]), Buffer.alloc(200, 1), Buffer.alloc(70_000, 2)];
    const times = [0, 255, 65_536, 1_790_000_000_123];
    for (const [i, body] of bodies.entries()) expect(await publish(publication, times[i]!, body)).toBe(1);
    await eventually(() => expect(heard).toHaveLength(4));
    expect(heard.map(({ data }) => data)).toEqual(bodies.map((body, i) => ({ to: 'bob', at: times[i], body })));
    expect(heard[0]?.from).toEqual({ address: 'router:router-01', incarnation: router.self.incarnation });
    expect(gateway.stats().poison).toBe(0);
  });

  test('is made once, for each role and pattern', () => {
    const publication = router.publication('gateway', 'note');
    expect(router.publication('gateway', 'note')).toBe(publication);
    expect(router.publication('other', 'note')).toEqual({ channel: 'other:', preamble: publication?.preamble });
  });

  test('is not to be had for data without a layout, for a role of one’s own, or from outside the mesh', async () => {
    expect(router.publication('gateway', 'other')).toBeUndefined();
    expect(router.publication('router', 'note')).toBeUndefined();
    const stranger = node('router-02', ['router']);
    expect(stranger.publication('gateway', 'note')).toBeUndefined();
    await router.leave();
    expect(router.publication('gateway', 'note')).toBeUndefined();
  });

  // Interleaving: a frame is written → Redis does not read it → what another connection sends is read first.
  test('waits for a turn until Redis has answered for all of it', async () => {
    const before = router.turn;
    router.tell(instance('gateway', 'gateway-01'), 'note', { to: 'bob', at: 1, body: Buffer.alloc(1) });
    expect(router.isPast(before)).toBe(false);
    proxy.cut(['up']);
    const { turn } = router;
    router.tell(instance('gateway', 'gateway-01'), 'note', { to: 'bob', at: 2, body: Buffer.alloc(1) });
    await eventually(() => expect(router.turn).not.toBe(turn));
    expect(router.isPast(turn)).toBe(false);
    proxy.heal();
    await eventually(() => expect([before, turn].map((one) => router.isPast(one))).toEqual([true, true]));
  });
});

test('no publication without a Redis: a turn is never past', async () => {
  const mesh = new LocalMesh();
  const { node } = await mesh.join('router-01', ['router'], { layouts: LAYOUTS });
  await mesh.join('gateway-01', ['gateway']);
  expect(node.publication('gateway', 'note')).toBeUndefined();
  const { turn } = node;
  node.tell(instance('gateway', 'gateway-01'), 'note', { to: 'bob', at: 1, body: Buffer.alloc(1) });
  await eventually(() => expect(node.turn).not.toBe(turn));
  expect(node.isPast(turn)).toBe(false);
  await mesh.stop();
});

test('a turn is past once as many frames are answered as were sent by its end', () => {
  const turn = new Turn();
  expect(turn.isPast({ sent: 3, answered: 3 })).toBe(false);
  turn.end({ sent: 3, answered: 1 });
  expect(turn.isPast({ sent: 5, answered: 2 })).toBe(false);
  expect(turn.isPast({ sent: 5, answered: 3 })).toBe(true);
});
