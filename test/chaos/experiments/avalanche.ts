import { eventually } from '#testing';
import { table } from '../../bench/harness/markdown.js';
import { percentile } from '../../bench/harness/statistics.js';
import { World } from '../world.js';
import type { AvalancheReport, AvalancheTask } from './avalanche-crew.js';
import { Fleet } from './fleet.js';

export interface AvalancheOptions {
  readonly clients: number;
  readonly processes: number;
  readonly gateways: number;
}

/** Who is not back by then never is, ms. */
const PATIENCE_MS = 120_000;

/** As an app has them by default: the launcher's are for tests that send what they like. */
const LIMITS = { MAX_UPGRADES_PER_SECOND: '2000', OVERLOAD_LAG_MS: '1000', DRAIN_MS: '5000' };

type Ending = (world: World, id: string) => Promise<unknown>;

/** Ends them all at once, each is started again as soon as it is gone. */
async function restart({ world, ids, end }: { world: World; ids: readonly string[]; end: Ending }): Promise<void> {
  const one = (id: string): Promise<void> =>
    world.holding(id, async () => {
      await end(world, id);
      await world.cluster.restart(id);
    });
  await Promise.all(ids.map(one));
}

const drain: Ending = (world, id) => world.cluster.app(id).terminate();
const kill: Ending = (world, id) => world.cluster.kill(id);

const DEPLOYS: readonly (readonly [string, (world: World) => Promise<void>])[] = [
  ['SIGTERM to all at once', (world) => restart({ world, ids: world.topology.gateways, end: drain })],
  ['SIGKILL of all at once', (world) => restart({ world, ids: world.topology.gateways, end: kill })],
  [
    'SIGTERM, one after the other',
    async (world) => {
      for (const id of world.topology.gateways) await restart({ world, ids: [id], end: drain });
    },
  ],
];

/** All gateways are restarted under their clients: when are they back, and is everybody. */
export async function avalanche(options: AvalancheOptions): Promise<string> {
  const { clients, gateways } = options;
  const rows: (string | number)[][] = [];
  for (const [name, deploy] of DEPLOYS) rows.push([name, ...(await measure(options, deploy))]);
  const head = ['deploy', 'cut off', 'p50', 'p95', 'max', 'never back', 'failed attempts', 'refused upgrades'];
  return `${clients} clients of the SDK, ${gateways} gateways\n\n${table(head, rows)}`;
}

async function measure(
  { clients, processes, gateways }: AvalancheOptions,
  deploy: (world: World) => Promise<void>,
): Promise<(string | number)[]> {
  const world = await World.start({ engine: 'redis', gateways, routers: 1, presences: 1, durable: true, env: LIMITS });
  const fleet = Fleet.launch<AvalancheTask, AvalancheReport>('./avalanche-crew.js', processes);
  try {
    const urls = world.topology.gateways.map((id) => world.cluster.gatewayUrl(id));
    const all = Array.from({ length: clients }, (_, n) => ({ userId: `guest-${n}`, url: urls[n % urls.length] ?? '' }));
    await fleet.start((process) => ({ clients: all.filter((_, n) => n % processes === process) }));
    await deploy(world);
    const reports = await everybodyBack(fleet, clients);
    return [...row(reports), await refused(world)];
  } finally {
    fleet.stop();
    await world.stop();
  }
}

/** What they have once all are back, or have had their time. */
async function everybodyBack(
  fleet: Fleet<AvalancheTask, AvalancheReport>,
  clients: number,
): Promise<readonly AvalancheReport[]> {
  let reports: readonly AvalancheReport[] = [];
  const back = async (): Promise<void> => {
    reports = await fleet.report();
    const there = reports.flatMap((report) => report.back).filter((ms) => ms !== null);
    if (there.length < clients) throw new Error(`${there.length} of ${clients} are back`);
  };
  await eventually(back, { timeoutMs: PATIENCE_MS, everyMs: 500 }).catch(() => undefined);
  return reports;
}

function row(reports: readonly AvalancheReport[]): (string | number)[] {
  const cutOff = reports.flatMap(({ back }) => back);
  const times = cutOff.filter((ms) => ms !== null);
  const at = (point: number): string => `${(percentile(times, point) / 1_000).toFixed(1)} s`;
  const missing = cutOff.length - times.length;
  const never = `${missing} (${((100 * missing) / Math.max(1, cutOff.length)).toFixed(2)} %)`;
  return [cutOff.length, at(0.5), at(0.95), at(1), never, reports.reduce((sum, { failed }) => sum + failed, 0)];
}

/** Upgrades that the new gateways refused, by reason; those of the old ones went with them. */
async function refused({ cluster, topology }: World): Promise<string> {
  const sums = new Map<string, number>();
  for (const id of topology.gateways) {
    const stats = await cluster.app(id).json('/stats');
    for (const [reason, count] of Object.entries((stats['refused'] ?? {}) as Record<string, number>))
      sums.set(reason, (sums.get(reason) ?? 0) + count);
  }
  return [...sums].map(([reason, count]) => `${reason}: ${count}`).join(', ') || '0';
}
