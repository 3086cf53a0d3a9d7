import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Cluster, type AppProcess } from '#testing';
import { GoodClients, quantile } from './good-clients.js';
import { cpuMs, residentBytes } from './process-figures.js';

/*
 * npm run hostile [-- NAME…]: what good clients notice of bad ones, before, during and after each attack, as ratios to before. A gateway, a
 * router, a presence and a Redis of their own; limits as they are by default.
 */

const CLIENTS = 100;
const THINK_MS = 250;
const PHASE_MS = { before: 6_000, during: 15_000, after: 8_000 } as const;

const DEFAULT_LIMITS = { RATE_LIMIT_FRAMES: '50', RATE_LIMIT_BYTES: '1048576', USER_RATE_LIMIT_FRAMES: '150' };

interface Figures {
  readonly p50: number;
  readonly p99: number;
  readonly trips: number;
  readonly residentMiB: number;
  /** Of one processor, percent. */
  readonly cpu: number;
}

async function measure(good: GoodClients, gateway: AppProcess, ms: number): Promise<Figures> {
  good.takeTimes();
  const [began, used] = [performance.now(), cpuMs(gateway.pid)];
  await new Promise((done) => setTimeout(done, ms));
  const cpu = (100 * (cpuMs(gateway.pid) - used)) / (performance.now() - began);
  const times = good.takeTimes();
  const residentMiB = residentBytes(gateway.pid) / 2 ** 20;
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), trips: times.length, residentMiB, cpu };
}

function print(phase: string, figures: Figures, before: Figures): void {
  const ratio = (name: keyof Figures): string => `× ${(figures[name] / before[name]).toFixed(2)}`;
  const { p50, p99, trips, residentMiB, cpu } = figures;
  const cells = [
    phase.padEnd(7),
    `p50 ${p50.toFixed(2)} ms ${ratio('p50')}`,
    `p99 ${p99.toFixed(2)} ms ${ratio('p99')}`,
    `round trips ${trips}`,
    `gateway ${residentMiB.toFixed(0)} MiB ${ratio('residentMiB')}`,
    `CPU ${cpu.toFixed(0)} % ${ratio('cpu')}`,
  ];
  process.stdout.write(`  ${cells.join(' · ')}\n`);
}

async function outcomeOf(attacker: ChildProcess): Promise<string> {
  const answer = once(attacker, 'message');
  attacker.send('outcome');
  return String((await answer)[0]);
}

async function attack(name: string, good: GoodClients, gateway: AppProcess): Promise<void> {
  process.stdout.write(`${name}\n`);
  const before = await measure(good, gateway, PHASE_MS.before);
  print('before', before, before);
  const attacker = fork(new URL('attacker.js', import.meta.url), [name, String(gateway.port)]);
  await once(attacker, 'message');
  print('during', await measure(good, gateway, PHASE_MS.during), before);
  process.stdout.write(`  ${await outcomeOf(attacker)}\n`);
  attacker.disconnect();
  print('after', await measure(good, gateway, PHASE_MS.after), before);
  const { closed, refused } = await gateway.json('/stats');
  process.stdout.write(`  gateway has closed ${JSON.stringify(closed)}, refused ${JSON.stringify(refused)}\n`);
}

async function main(): Promise<void> {
  const given = process.argv.slice(2);
  const cluster = await Cluster.start({ env: DEFAULT_LIMITS });
  try {
    await cluster.spawnAll(1);
    const gateway = cluster.app('gateway-01');
    const urls = [`ws://127.0.0.1:${gateway.port}/ws`];
    const good = await GoodClients.start({ urls, clients: CLIENTS, thinkMs: THINK_MS });
    await measure(good, gateway, PHASE_MS.before);
    for (const name of given.length > 0 ? given : ['half-open', 'silent', 'big frames', 'deaf'])
      await attack(name, good, gateway);
    good.stop();
    process.stdout.write(
      `good clients: ${good.faults.length === 0 ? 'noticed nothing' : good.faults.slice(0, 10).join('\n')}\n`,
    );
    if (good.faults.length > 0) process.exitCode = 1;
  } finally {
    await cluster.stop();
  }
}

await main();
