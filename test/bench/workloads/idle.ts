import { bareWs, socketIo } from '../contenders/references.js';
import { switchboard } from '../contenders/switchboard.js';
import type { System } from '../contenders/system.js';
import { sleep } from '../harness/clock.js';
import type { DialectName } from '../harness/generator/dialect.js';
import { memoryOf, PROBED, type Memory } from '../harness/memory.js';
import { table } from '../harness/markdown.js';
import { cpuBetween, cpuOf, sum } from '../harness/proc.js';
import { interleaved, series } from '../harness/rounds.js';
import { fixed, median, ratio, spread, times } from '../harness/statistics.js';
import { fresh, withGenerators } from './pairs.js';
import type { Workload } from './workload.js';

/** As many are there before: the first ones also make the young generation of the heap grow, by megabytes that no connection holds. */
const ADDED = 5_000;
/** The interval is 30 s in life; a tenth of it here, and what is found is divided by ten. */
const HEARTBEAT_MS = 3_000;
const FASTER = 30_000 / HEARTBEAT_MS;
const BEATS = 3;

interface Idler {
  readonly name: string;
  readonly dialect: DialectName;
  readonly start: () => Promise<System>;
}

const HEARTBEAT = { HEARTBEAT_INTERVAL_MS: String(HEARTBEAT_MS), HEARTBEAT_TIMEOUT_MS: String(3 * HEARTBEAT_MS) };

const IDLERS: readonly Idler[] = [
  { name: 'bare ws', dialect: 'json', start: () => bareWs({ ...PROBED, ...HEARTBEAT }) },
  { name: 'Socket.IO', dialect: 'socketIo', start: () => socketIo('none', 1, { ...PROBED, ...HEARTBEAT }) },
  {
    name: 'switchboard',
    dialect: 'json',
    start: () => switchboard({ gateways: 1, env: HEARTBEAT, envOf: { 'gateway-01': PROBED } }),
  },
];

interface Cost {
  /** Bytes of each connection. */
  readonly rss: number;
  readonly heapUsed: number;
  /** Milliseconds of CPU a connection takes in an hour, all processes. */
  readonly cpuMsAnHour: number;
}

const GATEWAY = 'gateway-01';

/** A fresh process for each figure: what an earlier load left in the heap is not this one's. */
async function round({ start, dialect }: Idler): Promise<Cost> {
  const system = await start();
  try {
    return await withGenerators(1, async (generator) => {
      const url = system.urls[0] ?? '';
      const memory = (): Promise<Memory> => memoryOf(system.pids[GATEWAY] ?? 0, () => system.log?.(GATEWAY) ?? '');
      await generator.order('open', { name: 'first', url, dialect, users: fresh('i', ADDED) });
      const before = await memory();
      await generator.order('open', { name: 'second', url, dialect, users: fresh('i', ADDED) });
      const after = await memory();
      // Both groups: Socket.IO's server pings, the others' clients do.
      if (dialect === 'json') await generator.order('beat', { names: ['first', 'second'], everyMs: HEARTBEAT_MS });
      await sleep(HEARTBEAT_MS);
      const cpuBefore = cpuOf(system.pids);
      await sleep(BEATS * HEARTBEAT_MS);
      const cpu = sum(cpuBetween(cpuBefore, cpuOf(system.pids)));
      const hours = (BEATS * HEARTBEAT_MS) / 3_600_000;
      return {
        rss: (after.rss - before.rss) / ADDED,
        heapUsed: (after.heapUsed - before.heapUsed) / ADDED,
        cpuMsAnHour: (cpu * 1e3) / (2 * ADDED) / hours / FASTER,
      };
    });
  } finally {
    await system.stop();
  }
}

const kilobytes = (bytes: number): string => (bytes / 1024).toFixed(1);

/** Connections that do nothing but stay. */
export const idle: Workload = async ({ rounds: count }) => {
  const rounds = await interleaved(IDLERS, { count }, round);
  const rss = (name: string): number[] => series(rounds, name, (cost) => cost.rss);
  const rows = IDLERS.map(({ name }) => [
    name,
    spread(rss(name), kilobytes),
    times(ratio(rss(name), rss('bare ws'))),
    kilobytes(median(series(rounds, name, ({ heapUsed }) => heapUsed))),
    spread(
      series(rounds, name, ({ cpuMsAnHour }) => cpuMsAnHour),
      fixed(1),
    ),
  ]);
  return {
    title: 'Idle connections',
    text:
      `10,000 registered connections; memory is what the second ${ADDED} add to the gateway's process, session actor included. CPU is of all processes, ` +
      `at a heartbeat of ${HEARTBEAT_MS} ms, divided by ${FASTER} for one of 30 s; every client pings, and so does the server.`,
    table: table(['server', 'resident KB each', 'ratio', 'of it JS heap', 'CPU ms an hour each'], rows),
    ratios: { idleMemory: ratio(rss('switchboard'), rss('bare ws')) },
  };
};
