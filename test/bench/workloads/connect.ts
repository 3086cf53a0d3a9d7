import { bareWs, socketIo } from '../contenders/references.js';
import { switchboard } from '../contenders/switchboard.js';
import type { Contender } from '../contenders/system.js';
import { sleep } from '../harness/clock.js';
import { table } from '../harness/markdown.js';
import { cpuBetween, cpuOf, sum, type Cpu } from '../harness/proc.js';
import type { Generator } from '../harness/generator/generator.js';
import { interleaved, series, type Rounds } from '../harness/rounds.js';
import { fixed, median, ratio, spread, times, whole } from '../harness/statistics.js';
import type { Span, Throughput } from '../harness/throughput.js';
import { fresh, withGenerators } from './pairs.js';
import { withSystems, type Workload } from './workload.js';

/** Enough that whole collections of a heap, a few in as many, weigh the same in every round. */
const CLIENTS = 8_000;
/** So many connect at once: a trickle, and all that a listener's queue (511) takes, as after the restart of a gateway. */
const A_FEW = 50;
const A_RUSH = 400;
/** Of the profile: so many come and go together. */
const CHURN = 200;
/** Rounds before those that count, until code is compiled. */
const WARM_UP_ROUNDS = 4;
/** What the clients of a round leave behind must not fall into the next: the grace of those that have gone is over, … */
const ENV = { OFFLINE_GRACE_MS: '100' };
/** … and servers are at rest before each round that counts, ms. */
const REST_MS = 1_000;

interface Rush extends Contender {
  readonly atOnce: number;
}

interface Connected {
  readonly perSecond: number;
  readonly cpu: Cpu;
}

async function connectAll(generator: Generator, { system, dialect, atOnce }: Rush): Promise<Connected> {
  const before = cpuOf(system.pids);
  const users = fresh('c', CLIENTS);
  const ms = await generator.order('open', { name: 'all', url: system.urls[0] ?? '', dialect, users, atOnce });
  const cpu = cpuBetween(before, cpuOf(system.pids));
  await generator.order('close', 'all');
  return { perSecond: (CLIENTS / ms) * 1_000, cpu };
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

const named = (name: string, atOnce: number): string => `${name}, ${atOnce} at once`;

/** From nothing to registered. */
export const connect: Workload = ({ rounds: count }) => {
  const starts = {
    bare: () => bareWs(),
    redis: () => socketIo('redis', 1),
    ours: () => switchboard({ gateways: 1, env: ENV }),
  };
  return withSystems(starts, async ({ bare, redis, ours }) => {
    const all: Rush[] = [A_FEW, A_RUSH].flatMap((atOnce) => [
      { name: named('bare ws', atOnce), dialect: 'json', extra: '', system: bare, atOnce },
      { name: named('Socket.IO, Redis adapter', atOnce), dialect: 'socketIo', extra: '', system: redis, atOnce },
      { name: named('switchboard', atOnce), dialect: 'json', extra: '', system: ours, atOnce },
    ]);
    const rounds = await withGenerators(1, (generator) =>
      interleaved(all, { count, before: WARM_UP_ROUNDS }, async (contender, round) => {
        if (round >= 0) await sleep(REST_MS);
        return connectAll(generator, contender);
      }),
    );
    const costs = (name: string, atOnce: number): number[] => series(rounds, named(name, atOnce), cost);
    const to = (name: string, atOnce: number): number => ratio(costs('switchboard', atOnce), costs(name, atOnce));
    return {
      title: 'Connecting',
      text:
        `${CLIENTS} clients, ${A_FEW} and ${A_RUSH} at a time: upgrade, and register (ours: presence asked, and where the inbox stands; ` +
        'Socket.IO: handshake and joining a room; bare ws: one answer).',
      table: table(
        ['contender', 'connects a second', 'CPU ms each', 'ratio', 'of it'],
        all.map(({ name, atOnce, system }) => row(rounds, name, costs('bare ws', atOnce), Object.keys(system.pids))),
      ),
      ratios: {
        connectToSocketIo: to('Socket.IO, Redis adapter', A_FEW),
        rushToSocketIo: to('Socket.IO, Redis adapter', A_RUSH),
        connectToBareWs: to('bare ws', A_FEW),
        rushToBareWs: to('bare ws', A_RUSH),
      },
    };
  });
};

function row(
  rounds: Rounds<Connected>,
  name: string,
  reference: readonly number[],
  parts: readonly string[],
): string[] {
  const costs = series(rounds, name, cost);
  const rates = series(rounds, name, ({ perSecond }) => perSecond);
  const costOf = (part: string): number =>
    median(series(rounds, name, ({ cpu }) => ((cpu[part] ?? 0) / CLIENTS) * 1e3));
  return [
    name,
    spread(rates, whole),
    spread(costs, fixed(3)),
    times(ratio(costs, reference)),
    parts.map((part) => `${part} ${costOf(part).toFixed(3)}`).join(', '),
  ];
}
