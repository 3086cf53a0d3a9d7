/**
 * One message's way: alice@gateway-01 → router → bob@gateway-02, every part a process of its own, on a real Redis. Latency at a fixed rate,
 * and CPU per delivered message of each process, stored and ephemeral, beside the naive relay in the same run.
 * Run: npm run build && node dist/test/bench/hops.js
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { Cluster, eventually, freePort, listening } from '#testing';
import { closePairs, openPairs, run, type LoadOptions, type Measured } from './support/load.js';
import { cpuSeconds, median, percentile, table } from './support/proc.js';

const PAIRS = 100;
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const MESSAGES = Number(process.env['MESSAGES'] ?? 30_000);
const RATE = 1000;

interface Contender {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly pids: Readonly<Record<string, number>>;
  readonly fields: (n: number) => Record<string, unknown>;
}

interface Round {
  readonly perCpuSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly microseconds: Readonly<Record<string, number>>;
}

async function naiveRelay(redisUrl: string): Promise<{ port: number; child: ChildProcess }> {
  const port = await freePort();
  const main = resolve('dist/test/bench/references/naive-relay.js');
  const child = spawn(process.execPath, [main], { env: { PORT: String(port), REDIS_URL: redisUrl }, stdio: 'ignore' });
  await eventually(() => listening(port));
  return { port, child };
}

async function measured(contender: Contender, options: Omit<LoadOptions, 'fields'>, prefix: string) {
  const pairs = await openPairs(contender.from, contender.to, PAIRS, prefix);
  const before = Object.values(contender.pids).map(cpuSeconds);
  const result: Measured = await run(pairs, { ...options, fields: contender.fields });
  const used = Object.values(contender.pids).map((pid, i) => cpuSeconds(pid) - (before[i] ?? 0));
  closePairs(pairs);
  return { result, used };
}

async function round(contender: Contender, prefix: string): Promise<Round> {
  const paced = await measured(contender, { messages: RATE * 5, rate: RATE, window: 0 }, `${prefix}-p`);
  const { result, used } = await measured(contender, { messages: MESSAGES, window: 10 }, `${prefix}-w`);
  const cpu = used.reduce((a, b) => a + b, 0);
  const names = Object.keys(contender.pids);
  return {
    perCpuSecond: result.delivered / cpu,
    p50: percentile(paced.result.latencies, 0.5),
    p99: percentile(paced.result.latencies, 0.99),
    microseconds: Object.fromEntries(names.map((name, i) => [name, ((used[i] ?? 0) / result.delivered) * 1e6])),
  };
}

function report(contenders: readonly Contender[], rounds: ReadonlyMap<string, Round[]>): string {
  const reference = median((rounds.get('naive relay') ?? []).map((r) => r.perCpuSecond));
  const rows = contenders.map((contender) => {
    const all = rounds.get(contender.name) ?? [];
    const per = all.map((r) => r.perCpuSecond);
    const hops = Object.keys(contender.pids).map(
      (name) => `${name} ${median(all.map((r) => r.microseconds[name] ?? 0)).toFixed(1)}`,
    );
    return [
      contender.name,
      `${Math.round(median(per))} (${Math.round(Math.min(...per))}–${Math.round(Math.max(...per))})`,
      `${(median(per) / reference).toFixed(2)} ×`,
      median(all.map((r) => r.p50)).toFixed(2),
      median(all.map((r) => r.p99)).toFixed(2),
      hops.join(', '),
    ];
  });
  const head = ['contender', 'delivered per CPU-second', 'ratio', 'p50 ms', 'p99 ms', 'CPU µs a message'];
  return table(head, rows);
}

async function contendersOf(cluster: Cluster, redisPid: number): Promise<{ all: Contender[]; stop: () => void }> {
  const url = (port: number): string => `ws://127.0.0.1:${port}/ws`;
  const [one, two] = await Promise.all([naiveRelay(cluster.redis.url), naiveRelay(cluster.redis.url)]);
  const app = (id: string): number => cluster.app(id).pid;
  const ours = {
    from: url(cluster.app('gateway-01').port),
    to: url(cluster.app('gateway-02').port),
    pids: { sender: app('gateway-01'), router: app('router-01'), recipient: app('gateway-02'), redis: redisPid },
  };
  const relayPids = { sender: one.child.pid ?? 0, recipient: two.child.pid ?? 0, redis: redisPid };
  const run_ = Math.random().toString(36).slice(2);
  const all: Contender[] = [
    { name: 'naive relay', from: url(one.port), to: url(two.port), pids: relayPids, fields: (n) => ({ ref: n }) },
    { name: 'switchboard, stored', ...ours, fields: (n) => ({ id: `${run_}-${n}-${performance.now()}` }) },
    { name: 'switchboard, ephemeral', ...ours, fields: () => ({ ephemeral: true }) },
  ];
  return { all, stop: () => [one, two].forEach((relay) => relay.child.kill()) };
}

const cluster = await Cluster.start({ appendfsync: 'everysec' });
try {
  await cluster.spawnAll(2);
  const info = await cluster.redis.withClient((redis) => redis.info('server'));
  const { all, stop } = await contendersOf(cluster, Number(/process_id:(\d+)/.exec(info)?.[1]));
  const rounds = new Map<string, Round[]>(all.map((c) => [c.name, []]));
  for (let i = 0; i < ROUNDS; i++)
    for (const contender of all) rounds.get(contender.name)?.push(await round(contender, `${contender.name}-${i}`));
  stop();
  console.log(report(all, rounds));
} finally {
  await cluster.stop();
}
