import { naiveRelay } from '../contenders/references.js';
import { switchboard, type Switchboard } from '../contenders/switchboard.js';
import type { System } from '../contenders/system.js';
import { sleep } from '../harness/clock.js';
import { table } from '../harness/markdown.js';
import { cpuBetween, cpuOf, type Cpu } from '../harness/proc.js';
import { longSpanOf, WARMING_ROUNDS } from '../harness/throughput.js';
import { EPHEMERAL, STORED } from './direct.js';
import { fresh, pairs, withGenerators } from './pairs.js';
import { withSystems, type Workload } from './workload.js';

const PAIRS = 100;
/** Receipts and cursors follow within a second. */
const SETTLE_MS = 1_500;
const IDLE_MS = 5_000;

interface Reading {
  readonly received: number;
  readonly sent: number;
  readonly memory: number;
  readonly file: number;
  readonly scripts: number;
  readonly publishes: number;
}

interface Cost {
  /** Of a message, at Redis; only of a Switchboard. */
  readonly each?: Reading;
  /** CPU µs of a message by process, without what the process needs anyway. */
  readonly micros: Cpu;
}

/** What Redis says of itself so far. */
async function readingOf(system: System): Promise<Reading | undefined> {
  if (!('cluster' in system)) return undefined;
  const info = await (system as Switchboard).cluster.redis.withClient(async (client) =>
    [await client.info('all'), await client.info('commandstats')].join('\n'),
  );
  const number = (name: string): number => Number(new RegExp(`^${name}[:=](\\d+)`, 'm').exec(info)?.[1] ?? 0);
  return {
    received: number('total_net_input_bytes'),
    sent: number('total_net_output_bytes'),
    memory: number('used_memory'),
    file: number('aof_current_size'),
    scripts: number('cmdstat_evalsha:calls'),
    publishes: number('cmdstat_publish:calls'),
  };
}

interface Load {
  readonly name: string;
  readonly extra: string;
  readonly rate: number;
  readonly messages: number;
}

const LOADS: readonly Load[] = [
  { name: 'stored, 100 a second', extra: STORED, rate: 100, messages: 500 },
  { name: 'stored, 1,000 a second', extra: STORED, rate: 1_000, messages: 5_000 },
  { name: 'stored, 10,000 a second', extra: STORED, rate: 10_000, messages: 50_000 },
  { name: 'ephemeral, 1,000 a second', extra: EPHEMERAL, rate: 1_000, messages: 5_000 },
  { name: 'ephemeral, 10,000 a second', extra: EPHEMERAL, rate: 10_000, messages: 50_000 },
];

/** Of the relay, with one PUBLISH a message and nothing stored: what hops cost on this machine. */
const RELAYED: readonly Load[] = [100, 1_000, 10_000].map((rate) => ({
  name: `naive relay, ${rate.toLocaleString('en')} a second`,
  extra: '',
  rate,
  messages: 5 * rate,
}));

const over = (cpu: Cpu, scale: (seconds: number, process: string) => number): Cpu =>
  Object.fromEntries(Object.entries(cpu).map(([process, seconds]) => [process, scale(seconds, process)]));

/** CPU that each process takes in a second in which nothing happens. */
async function idling(system: System): Promise<Cpu> {
  const before = cpuOf(system.pids);
  await sleep(IDLE_MS);
  return over(cpuBetween(before, cpuOf(system.pids)), (seconds) => (seconds * 1_000) / IDLE_MS);
}

async function costOf(system: System, { extra, rate, messages }: Load, idle: Cpu): Promise<Cost> {
  return withGenerators(1, async (generator) => {
    const to = fresh('r', PAIRS);
    const [first = '', second = ''] = system.urls;
    await generator.order('open', { name: 'to', url: second, dialect: 'json', users: to });
    await generator.order('open', { name: 'from', url: first, dialect: 'json', users: fresh('s', PAIRS) });
    await sleep(SETTLE_MS);
    const before = await readingOf(system);
    const [cpuBefore, started] = [cpuOf(system.pids), performance.now()];
    await generator.order('pace', { from: 'from', to, extra, rate, messages });
    await sleep(SETTLE_MS);
    const cpu = cpuBetween(cpuBefore, cpuOf(system.pids));
    const took = (performance.now() - started) / 1_000;
    const after = await readingOf(system);
    const micros = over(cpu, (seconds, process) => ((seconds - (idle[process] ?? 0) * took) / messages) * 1e6);
    return { each: before && after && difference(before, after, messages), micros };
  });
}

function difference(before: Reading, after: Reading, messages: number): Reading {
  const names = Object.keys(after) as (keyof Reading)[];
  return Object.fromEntries(names.map((name) => [name, (after[name] - before[name]) / messages])) as unknown as Reading;
}

async function rowsOf(system: System, loads: readonly Load[]): Promise<(string | number)[][]> {
  const rows: (string | number)[][] = [];
  for (const extra of new Set(loads.map((load) => load.extra)))
    await pairs(
      { name: '', dialect: 'json', extra, system },
      { pairs: PAIRS, window: 10, span: longSpanOf(-1, WARMING_ROUNDS) },
    );
  const idle = await idling(system);
  for (const load of loads) {
    const { each, micros } = await costOf(system, load, idle);
    const costs = ['gateway-01', 'router-01', 'gateway-02', 'redis'].map((name) => micros[name]?.toFixed(0) ?? '–');
    const bytes = each ? [each.received, each.sent, each.memory, each.file].map(Math.round) : ['–', '–', '–', '–'];
    const calls = each ? [each.scripts.toFixed(2), each.publishes.toFixed(2)] : ['–', '–'];
    rows.push([load.name, ...bytes, ...calls, ...costs]);
  }
  return rows;
}

/** What a message costs the Redis between the services, in bytes and calls. One round: it is counted, not timed. */
export const footprint: Workload = () =>
  withSystems({ ours: () => switchboard(), relay: naiveRelay }, async ({ ours, relay }) => {
    const rows = [...(await rowsOf(ours, LOADS)), ...(await rowsOf(relay, RELAYED))];
    return {
      title: 'What a message costs at a given rate',
      text:
        'Pairs at two gateways, at a fixed rate; all that Redis reads and writes for engine, carrier, receipts and cursors. The less there is, the less goes ' +
        'together, and each process is woken for a single message: µs are CPU, less what the process takes idle.',
      table: table(
        [
          'load',
          'bytes in',
          'bytes out',
          'memory',
          'append-only file',
          'scripts',
          'publishes',
          'sender µs',
          'router µs',
          'recipient µs',
          'Redis µs',
        ],
        rows,
      ),
      ratios: {},
      once: true,
    };
  });
