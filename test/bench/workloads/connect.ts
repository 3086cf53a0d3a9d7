import { bareWs, socketIo } from '../contenders/references.js';
import { switchboard } from '../contenders/switchboard.js';
import type { Contender } from '../contenders/system.js';
import { table } from '../harness/markdown.js';
import { cpuBetween, cpuOf, sum, type Cpu } from '../harness/proc.js';
import { interleaved, series } from '../harness/rounds.js';
import { fixed, median, ratio, spread, times, whole } from '../harness/statistics.js';
import type { Span, Throughput } from '../harness/throughput.js';
import { fresh, withGenerators } from './pairs.js';
import { withSystems, type Workload } from './workload.js';

const CLIENTS = 2_000;
/** So many come and go together. */
const CHURN = 200;

interface Connected {
  readonly perSecond: number;
  readonly cpu: Cpu;
}

async function connectAll({ system, dialect }: Contender): Promise<Connected> {
  return withGenerators(1, async (generator) => {
    const before = cpuOf(system.pids);
    const users = fresh('c', CLIENTS);
    const ms = await generator.order('open', { name: 'all', url: system.urls[0] ?? '', dialect, users });
    const cpu = cpuBetween(before, cpuOf(system.pids));
    await generator.order('close', 'all');
    return { perSecond: (CLIENTS / ms) * 1_000, cpu };
  });
}

/** Connects and disconnects over and over; what counts as delivered is a connection. */
export async function connecting(
  { system, dialect }: Contender,
  { warmUpMs, measureMs }: Span,
  during: () => Promise<unknown>,
): Promise<Throughput> {
  return withGenerators(1, async (generator) => {
    let opened = 0;
    const until = async (end: number): Promise<void> => {
      for (; performance.now() < end; opened += CHURN) {
        const users = fresh('c', CHURN);
        await generator.order('open', { name: 'all', url: system.urls[0] ?? '', dialect, users });
        await generator.order('close', 'all');
      }
    };
    await until(performance.now() + warmUpMs);
    const [from, before, started] = [opened, cpuOf(system.pids), performance.now()];
    await Promise.all([until(started + measureMs), during()]);
    const seconds = (performance.now() - started) / 1_000;
    return { delivered: opened - from, lost: 0, seconds, cpu: cpuBetween(before, cpuOf(system.pids)) };
  });
}

/** Milliseconds of CPU for each connection. */
const cost = ({ cpu }: Connected): number => (sum(cpu) / CLIENTS) * 1e3;

/** From nothing to registered. */
export const connect: Workload = ({ rounds: count }) => {
  const starts = { bare: () => bareWs(), redis: () => socketIo('redis', 1), ours: () => switchboard({ gateways: 1 }) };
  return withSystems(starts, async ({ bare, redis, ours }) => {
    const all: Contender[] = [
      { name: 'bare ws', dialect: 'json', extra: '', system: bare },
      { name: 'Socket.IO, Redis adapter', dialect: 'socketIo', extra: '', system: redis },
      { name: 'switchboard', dialect: 'json', extra: '', system: ours },
    ];
    const rounds = await interleaved(all, { count, before: 5 }, connectAll);
    const [bareWsCost, socketIoCost, ourCost] = all.map(({ name }) => series(rounds, name, cost)) as [
      number[],
      number[],
      number[],
    ];
    const rows = all.map(({ name, system }) => [
      name,
      spread(
        series(rounds, name, ({ perSecond }) => perSecond),
        whole,
      ),
      spread(series(rounds, name, cost), fixed(3)),
      times(ratio(series(rounds, name, cost), bareWsCost)),
      Object.keys(system.pids)
        .map(
          (part) =>
            `${part} ${median(series(rounds, name, ({ cpu }) => ((cpu[part] ?? 0) / CLIENTS) * 1e3)).toFixed(3)}`,
        )
        .join(', '),
    ]);
    return {
      title: 'Connecting',
      text:
        `${CLIENTS} clients, 50 at a time: upgrade, and register (ours: presence and inbox asked; Socket.IO: handshake and joining a room; bare ws: one ` +
        'answer).',
      table: table(['contender', 'connects a second', 'CPU ms each', 'ratio', 'of it'], rows),
      ratios: { connectToSocketIo: ratio(ourCost, socketIoCost), connectToBareWs: ratio(ourCost, bareWsCost) },
    };
  });
};
