import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster, RedisServer, eventually, type AppProcess } from '#testing';
import { GoodClients } from '../hostile/good-clients.js';
import { countersOf, fuzz } from './fuzz.js';
import { AT_ONCE } from './gunner.js';

const withRedis = RedisServer.available ? describe : describe.skip;

const FRAMES = Number(process.env['FUZZ_FRAMES'] ?? 20_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 42);
const GOOD = 100;

withRedis(`${FRAMES} random and mutated frames (FUZZ_SEED=${SEED})`, () => {
  let cluster: Cluster;
  let gateways: readonly AppProcess[];
  beforeAll(async () => {
    cluster = await Cluster.start({ durable: false });
    await cluster.spawnAll(2);
    gateways = [cluster.app('gateway-01'), cluster.app('gateway-02')];
  }, 60_000);
  afterAll(async () => cluster.stop());

  test('are each answered or closed for, counted, and good clients notice nothing', async () => {
    const urls = gateways.map(({ port }) => `ws://127.0.0.1:${port}/ws`);
    const good = await GoodClients.start({ urls, clients: GOOD, thinkMs: 100 });
    const tally = await fuzz({ gateways, frames: FRAMES, seed: SEED, gunners: 20 });
    expect(tally.faults).toEqual([]);
    expect(tally.shots).toBeGreaterThanOrEqual(FRAMES);
    expect(tally.bad).toBeGreaterThan(FRAMES / 20);

    const { received } = good;
    await eventually(() => expect(good.received).toBeGreaterThan(received + GOOD));
    good.quiet();
    await eventually(() => expect(good.missing).toEqual([]));
    expect(good.faults).toEqual([]);

    await eventually(async () => {
      const open = await Promise.all(gateways.map(async (each) => (await each.json('/stats'))['connections']));
      expect(open).toEqual([GOOD / 2, GOOD / 2]);
    });
    const errors = await countersOf(gateways, 'errors');
    for (const code of AT_ONCE) {
      const counted = errors.get(code) ?? 0;
      expect([code, counted, tally.matches(code, counted)]).toEqual([code, expect.any(Number), true]);
    }
    const closed = await countersOf(gateways, 'closed');
    expect([...closed.values()].reduce((a, b) => a + b)).toBe(tally.connections);
    expect(tally.errors.get('WS_INTERNAL_ERROR')).toBeUndefined();
    expect(closed.get('1011')).toBeUndefined();
    good.stop();
  }, 300_000);
});
