import { createEngine } from '#engine';
import { packBody } from '#protocol';
import { switchboard, type Switchboard } from '../contenders/switchboard.js';
import { sleep } from '../harness/clock.js';
import type { Generator } from '../harness/generator/generator.js';
import { table } from '../harness/markdown.js';
import { cpuBetween, cpuOf, sum, type Cpu } from '../harness/proc.js';
import { fixed, median, spread, whole } from '../harness/statistics.js';
import { fresh, withGenerators } from './pairs.js';
import { withSystems, type Workload } from './workload.js';

const USERS = 200;
const BACKLOG = 100;
const CONTENT = 'x'.repeat(80);
const LIMIT_MS = 30_000;

interface Replayed {
  readonly seconds: number;
  readonly cpu: Cpu;
}

/** Messages wait for each of `users`, put there directly. */
async function fill({ cluster }: Switchboard, users: readonly string[]): Promise<void> {
  const engine = createEngine({ kind: 'redis', url: cluster.redis.url });
  await engine.start();
  for (const to of users) {
    const body = packBody({ from: 'somebody', to, kind: 'text', content: CONTENT });
    await engine.log.append(
      { kind: 'inbox', id: to },
      Array.from({ length: BACKLOG }, () => ({ body })),
    );
  }
  await engine.stop();
}

async function arrived(generator: Generator, count: number): Promise<void> {
  for (const end = Date.now() + LIMIT_MS; ; await sleep(5)) {
    const { delivered } = await generator.order('counts');
    if (delivered >= count) return;
    if (Date.now() > end) throw new Error(`only ${delivered} of ${count} messages were replayed`);
  }
}

async function round(system: Switchboard): Promise<Replayed> {
  const users = fresh('reader', USERS);
  await fill(system, users);
  return withGenerators(1, async (generator) => {
    const started = performance.now();
    const before = cpuOf(system.pids);
    await generator.order('open', { name: 'readers', url: system.urls[0] ?? '', dialect: 'json', users });
    await arrived(generator, USERS * BACKLOG);
    const seconds = (performance.now() - started) / 1_000;
    return { seconds, cpu: cpuBetween(before, cpuOf(system.pids)) };
  });
}

/** Coming back: connect, register, and all that waited. */
export const replay: Workload = ({ rounds: count }) =>
  withSystems({ ours: () => switchboard({ gateways: 1 }) }, async ({ ours }) => {
    const rounds: Replayed[] = [];
    for (let n = -1; n < count; n++) {
      const replayed = await round(ours as Switchboard);
      if (n >= 0) rounds.push(replayed);
    }
    const of = (show: (one: Replayed) => number, digits: (value: number) => string): string =>
      spread(rounds.map(show), digits);
    const costs = Object.keys(rounds[0]?.cpu ?? {}).map(
      (name) => `${name} ${median(rounds.map(({ cpu }) => ((cpu[name] ?? 0) / USERS) * 1e3)).toFixed(2)}`,
    );
    return {
      title: 'Coming back to a hundred messages',
      text: `${USERS} users, 50 at a time, connect and register, and are sent the ${BACKLOG} messages that wait for each.`,
      table: table(
        ['users a second', 'messages a second', 'CPU ms a user', 'of it', 'messages per CPU-second'],
        [
          [
            of(({ seconds }) => USERS / seconds, whole),
            of(({ seconds }) => (USERS * BACKLOG) / seconds, whole),
            of(({ cpu }) => (sum(cpu) / USERS) * 1e3, fixed(2)),
            costs.join(', '),
            of(({ cpu }) => (USERS * BACKLOG) / sum(cpu), whole),
          ],
        ],
      ),
      ratios: {},
    };
  });
