import { parseArgs } from 'node:util';
import { Cluster, eventually, freePort, type AppProcess } from '#testing';
import { GoodClients, quantile } from '../hostile/good-clients.js';
import { residentBytes } from '../hostile/process-figures.js';
import { countersOf, fuzz } from './fuzz.js';
import { AT_ONCE, Tally } from './gunner.js';
import { LiveHeap } from './live-heap.js';

/*
 * npm run fuzz [-- --frames 1000000 --seed N]: random and mutated frames of both codecs at two gateways, while 100 good clients talk over both.
 * Prints what came of it; exit code 1 if the good ones noticed anything, a bad frame was not answered, counters differ, or memory grows.
 */

const GOOD = 100;
const GUNNERS = 20;
/** Looks at the memory while so many parts of the frames are shot; the first of them warm up. */
const PARTS = 10;
const WARM_UP = 3;
/** What may come to be held on to after the warm-up, as a share: caches that fill, code that is optimised. */
const GROWTH_MAX = 0.05;

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
  },
});
const frames = Number(values.frames);
const seed = Number(values.seed);

const say = (text: string): unknown => process.stdout.write(`${text}\n`);
const failures: string[] = [];
const must = (holds: boolean, what: string): void => {
  say(`${holds ? 'ok  ' : 'FAIL'} ${what}`);
  if (!holds) failures.push(what);
};

interface Target {
  readonly app: AppProcess;
  readonly heap: LiveHeap;
  /** Live bytes after each part. */
  readonly live: number[];
}

async function target(cluster: Cluster, id: string): Promise<Target> {
  const port = await freePort();
  const app = await cluster.spawn('gateway', id, { NODE_OPTIONS: LiveHeap.option(port) });
  return { app, heap: await LiveHeap.of(port), live: [] };
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

async function shoot(targets: readonly Target[]): Promise<Tally> {
  const gateways = targets.map(({ app }) => app);
  const tally = new Tally();
  const began = performance.now();
  for (let part = 1; part <= PARTS; part++) {
    await fuzz({ gateways, frames: (frames * part) / PARTS, seed: seed * 1_000 + part, gunners: GUNNERS, tally });
    for (const { heap, live } of targets) live.push(await heap.bytes());
    process.stderr.write(`${tally.shots} of ${frames}\n`);
  }
  const seconds = (performance.now() - began) / 1_000;
  say(`${tally.shots} frames on ${tally.connections} connections in ${seconds.toFixed(0)} s, seed ${seed}`);
  for (const { app, live } of targets) {
    const growth = live.at(-1)! / live[WARM_UP - 1]! - 1;
    must(growth < GROWTH_MAX, `memory that ${app.name} holds on to, MiB: ${live.map(mib).join(' ')}`);
    say(`     resident: ${mib(residentBytes(app.pid))} MiB`);
  }
  return tally;
}

async function compare(gateways: readonly AppProcess[], tally: Tally): Promise<void> {
  const closed = await countersOf(gateways, 'closed');
  const errors = await countersOf(gateways, 'errors');
  const ended = [...closed.values()].reduce((a, b) => a + b, 0);
  must(ended === tally.connections, `${tally.connections} connections shot at, ${ended} counted as closed`);
  for (const code of AT_ONCE) {
    const counted = errors.get(code) ?? 0;
    must(tally.matches(code, counted), `${code}: ${tally.errors.get(code)} came, ${counted} counted`);
  }
  must(!errors.has('WS_INTERNAL_ERROR') && !closed.has('1011'), 'no internal error');
  say(`errors ${JSON.stringify(Object.fromEntries(errors))}, closed ${JSON.stringify(Object.fromEntries(closed))}`);
}

async function main(): Promise<void> {
  const cluster = await Cluster.start({ durable: false });
  try {
    await Promise.all([cluster.spawn('presence', 'presence-01'), cluster.spawn('router', 'router-01')]);
    const targets = [await target(cluster, 'gateway-01'), await target(cluster, 'gateway-02')];
    const gateways = targets.map(({ app }) => app);
    const urls = gateways.map(({ port }) => `ws://127.0.0.1:${port}/ws`);
    const good = await GoodClients.start({ urls, clients: GOOD, thinkMs: 250 });
    const tally = await shoot(targets);
    must(
      tally.faults.length === 0,
      `${tally.bad} bad frames on connections that stayed, each answered ${tally.faults.slice(0, 5).join('; ')}`,
    );
    good.quiet();
    await eventually(() => {
      if (good.missing.length > 0) throw new Error(good.missing.join('\n'));
    });
    const times = good.takeTimes();
    must(
      good.faults.length === 0,
      `good clients: ${times.length} round trips, ${good.received} messages in order ${good.faults.slice(0, 5).join('; ')}`,
    );
    say(`     p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms`);
    await eventually(async () => {
      for (const gateway of gateways)
        if ((await gateway.json('/stats'))['connections'] !== GOOD / 2) throw new Error('connections are left');
    });
    await compare(gateways, tally);
    good.stop();
    for (const { heap } of targets) heap.close();
  } finally {
    await cluster.stop();
  }
}

await main();
process.exitCode = failures.length === 0 ? 0 : 1;
