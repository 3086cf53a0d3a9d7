import { parseArgs } from 'node:util';
import { Cluster, eventually, type AppProcess } from '#testing';
import { GoodClients, quantile } from '../hostile/good-clients.js';
import { residentBytes } from '../hostile/process-figures.js';
import { countersOf, fuzz } from './fuzz.js';
import { AT_ONCE, type Tally } from './gunner.js';
import { Growth } from './growth.js';

/*
 * npm run fuzz [-- --frames 1000000 --seed N]: random and mutated frames of both codecs at two gateways, while 100 good clients talk over both.
 * Prints what came of it; exit code 1 if the good ones noticed anything, a bad frame was not answered, counters differ, or memory grows.
 */

const GOOD = 100;
const GUNNERS = 20;
/** Fewer frames say nothing of growth: memory is still settling. */
const SETTLED = 300_000;

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

async function shoot(gateways: readonly AppProcess[]): Promise<Tally> {
  const memory = gateways.map(() => new Growth());
  let next = 0;
  const onProgress = (sent: number): void => {
    if (sent < next) return;
    next += frames / 200;
    gateways.forEach(({ pid }, i) => memory[i]!.add(sent, residentBytes(pid)));
    process.stderr.write(`\r${sent} of ${frames}`);
  };
  const began = performance.now();
  const tally = await fuzz({ gateways, frames, seed, gunners: GUNNERS, onProgress });
  const seconds = (performance.now() - began) / 1_000;
  say(`${tally.shots} frames on ${tally.connections} connections in ${seconds.toFixed(0)} s, seed ${seed}`);
  gateways.forEach(({ name }, i) => {
    const { share, text } = memory[i]!.verdict();
    must(share < 0.1 || frames < SETTLED, `memory of ${name} after warm-up: ${text}`);
  });
  return tally;
}

async function compare(gateways: readonly AppProcess[], tally: Tally): Promise<void> {
  const closed = await countersOf(gateways, 'closed');
  const errors = await countersOf(gateways, 'errors');
  const ended = [...closed.values()].reduce((a, b) => a + b, 0);
  must(ended === tally.connections, `${tally.connections} connections shot at, ${ended} counted as closed`);
  for (const code of AT_ONCE)
    must(
      errors.get(code) === tally.errors.get(code),
      `${code}: ${tally.errors.get(code)} came, ${errors.get(code)} counted`,
    );
  must(!errors.has('WS_INTERNAL_ERROR') && !closed.has('1011'), 'no internal error');
  say(`errors ${JSON.stringify(Object.fromEntries(errors))}, closed ${JSON.stringify(Object.fromEntries(closed))}`);
}

async function main(): Promise<void> {
  const cluster = await Cluster.start({ durable: false });
  try {
    await cluster.spawnAll(2);
    const gateways = [cluster.app('gateway-01'), cluster.app('gateway-02')];
    const urls = gateways.map(({ port }) => `ws://127.0.0.1:${port}/ws`);
    const good = await GoodClients.start({ urls, clients: GOOD, thinkMs: 250 });
    const tally = await shoot(gateways);
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
  } finally {
    await cluster.stop();
  }
}

await main();
process.exitCode = failures.length === 0 ? 0 : 1;
