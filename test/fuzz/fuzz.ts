import type { AppProcess } from '#testing';
import { Gunner, Tally } from './gunner.js';
import { Armoury } from './wire.js';

export interface FuzzOptions {
  readonly gateways: readonly AppProcess[];
  readonly frames: number;
  readonly seed: number;
  /** Connections at a time. */
  readonly gunners: number;
  /** Goes on with this one; `frames` are then those of all. */
  readonly tally?: Tally;
}

/** Shoots so many frames at the gateways. What is shot follows from the seed; in which order it arrives does not. */
export async function fuzz({ gateways, frames, seed, gunners, tally = new Tally() }: FuzzOptions): Promise<Tally> {
  const one = async (i: number): Promise<void> => {
    const { port } = gateways[i % gateways.length]!;
    const gunner = new Gunner(port, `gunner-${i}`, new Armoury(seed * 1_000 + i), tally);
    while (tally.shots < frames) await gunner.shoot();
  };
  await Promise.all(Array.from({ length: gunners }, (_, i) => one(i)));
  return tally;
}

/** Counters of several gateways, summed up. */
export async function countersOf(
  gateways: readonly AppProcess[],
  name: 'errors' | 'closed',
): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>();
  for (const gateway of gateways) {
    const counted = (await gateway.json('/stats'))[name] as Readonly<Record<string, number>>;
    for (const [key, count] of Object.entries(counted)) sums.set(key, (sums.get(key) ?? 0) + count);
  }
  return sums;
}
