import type { System } from '../contenders/system.js';
import type { Ratios } from '../figures.js';
import { series, type Rounds } from '../harness/rounds.js';
import { median, spread, times, whole } from '../harness/statistics.js';
import { microseconds, perCpuSecond, type Throughput } from '../harness/throughput.js';

/** How much of a workload is run. */
export interface Extent {
  readonly rounds: number;
  /** The short form of `--check`: fewer contenders, shorter rounds. */
  readonly short: boolean;
}

export interface Section {
  readonly title: string;
  /** What was done, in a sentence or two. */
  readonly text: string;
  /** Markdown. */
  readonly table: string;
  readonly ratios: Ratios;
  /** It was one round, however many were asked for. */
  readonly once?: true;
}

export type Workload = (extent: Extent) => Promise<Section>;

/** Runs `use` with systems that end with it, however it ends. */
export async function withSystems<K extends string, T>(
  starts: Readonly<Record<K, () => Promise<System>>>,
  use: (systems: Readonly<Record<K, System>>) => Promise<T>,
): Promise<T> {
  const started: Partial<Record<K, System>> = {};
  try {
    for (const name of Object.keys(starts) as K[]) started[name] = await starts[name]();
    return await use(started as Record<K, System>);
  } finally {
    await Promise.all((Object.values(started) as System[]).map((system) => system.stop()));
  }
}

const HEAD = ['contender', 'delivered per CPU-second', 'ratio', 'CPU µs each', 'delivered a second'] as const;
export const THROUGHPUT_HEAD: readonly string[] = HEAD;

/** A row of throughput for one contender; the ratio is that of its rounds to `reference`'s. */
export function throughputRow(
  name: string,
  rounds: Rounds<Throughput>,
  reference: string,
  show: (cpu: string) => string = (cpu) => cpu,
): (string | number)[] {
  const all = rounds.get(name) ?? [];
  const costs = Object.keys(all[0]?.cpu ?? {}).map(
    (process) => `${show(process)} ${median(all.map(microseconds(process))).toFixed(1)}`,
  );
  const lost = all.reduce((sum, { lost: some }) => sum + some, 0);
  return [
    lost > 0 ? `${name} (lost ${lost})` : name,
    spread(series(rounds, name, perCpuSecond), whole),
    times(against(rounds, name, reference)),
    costs.join(', '),
    whole(median(all.map(({ delivered, seconds }) => delivered / seconds))),
  ];
}

/** Median over the rounds of one contender's figure over another's of the same round. */
export const against = (rounds: Rounds<Throughput>, name: string, reference: string): number => {
  const theirs = series(rounds, reference, perCpuSecond);
  return median(series(rounds, name, perCpuSecond).map((value, i) => value / (theirs[i] ?? Number.NaN)));
};
