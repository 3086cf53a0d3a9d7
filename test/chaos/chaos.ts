import { HistoryRecorder, eventually, findFaults, type History } from '#testing';
import { audit } from './audit.js';
import { BOUND_MS, calm, type Unsettled } from './calm.js';
import { Injector } from './injector.js';
import { Population } from './population.js';
import { Random } from './random.js';
import { seenIn, type Outcome } from './report.js';
import { kindsFor, schedule, type FaultKind, type ScheduleOptions } from './schedule.js';
import type { EngineName } from './server.js';
import { World } from './world.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly engine: EngineName;
  readonly gateways: number;
  readonly routers: number;
  readonly presences: number;
  readonly users: number;
  readonly conversations: number;
  /** Messages a second. */
  readonly rate: number;
  readonly rounds: number;
  readonly roundMs: number;
  readonly every: readonly [number, number];
  readonly longestMs: number;
  /** Faults of these kinds only; default: all that fit. */
  readonly kinds?: readonly FaultKind[] | undefined;
  /** Whether all data may be lost now and then: `flush` is among the kinds; default false. */
  readonly flush?: boolean;
  /** Whether Redis keeps its data over a crash; default true. */
  readonly durable?: boolean;
  /** How long each thing may take in a calm, ms; default 45 s. */
  readonly boundMs?: number;
  /** Ends after so long, ms, be it with fewer rounds. */
  readonly deadlineMs?: number | undefined;
  readonly logs?: string | undefined;
  readonly say: (line: string) => void;
}

export interface Run {
  readonly outcome: Outcome;
  readonly history: History;
  /** What the apps printed last. */
  readonly logs: string;
}

/** A load of users, rounds of faults with a calm after each, and everything that can be known from outside about whether it was kept. */
export async function chaos(options: ChaosOptions): Promise<Run> {
  const began = performance.now();
  const { say, durable = true } = options;
  const said = (line: string): void => say(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)}  ${line}`);
  const world = await World.start({ ...options, durable, proxied: true });
  // Called off: what was started ends first, so that no process is left behind, however often the signal comes.
  const callOff = (): void => void world.stop().finally(() => process.exit(130));
  process.on('SIGINT', callOff).on('SIGTERM', callOff);
  try {
    return await run(options, world, said, began);
  } finally {
    process.off('SIGINT', callOff).off('SIGTERM', callOff);
    await world.stop();
  }
}

async function run(options: ChaosOptions, world: World, say: (line: string) => void, began: number): Promise<Run> {
  const recorder = new HistoryRecorder();
  const { flush = false } = options;
  const population = new Population({ ...options, flush }, recorder);
  const injector = new Injector(world, say);
  const unsettled: Unsettled = { stuck: [], ghosts: [], unseen: [] };
  try {
    await population.start(world);
    await rounds(options, { world, population, injector, unsettled, say, began });
    population.pause();
    await audit(world, population, recorder);
    recorder.settled();
    const history = recorder.history();
    const faults = findFaults(history, { dataLost: flush });
    const outcome = { ...summed(options, population, injector), ...unsettled, faults, oddExits: world.oddExits };
    return { outcome: { ...outcome, delivered: seenIn(history) }, history, logs: world.cluster.logs() };
  } finally {
    await population.stop();
  }
}

interface Stage {
  readonly world: World;
  readonly population: Population;
  readonly injector: Injector;
  readonly unsettled: Unsettled;
  readonly say: (line: string) => void;
  readonly began: number;
}

async function rounds(options: ChaosOptions, stage: Stage): Promise<void> {
  const { world, population, injector, unsettled, say, began } = stage;
  const random = Random.of(options.seed, 'calm');
  await eventually(
    () => {
      if (population.absent().length > 0) throw new Error(`${population.absent().length} devices did not get in`);
    },
    { timeoutMs: BOUND_MS },
  );
  for (const [n, planned] of schedule(planOf(options, world)).entries()) {
    say(`round ${n + 1}`);
    await injector.run(planned);
    if (options.durable === false || planned.some(({ fault }) => fault === 'flush')) await population.join(world);
    const calmAt = performance.now();
    const found = await calm({ world, population, random, boundMs: options.boundMs ?? BOUND_MS });
    for (const kind of ['stuck', 'ghosts', 'unseen'] as const) {
      unsettled[kind].push(...found[kind]);
      for (const line of found[kind]) say(`!! ${kind}: ${line}`);
    }
    say(`calm within ${((performance.now() - calmAt) / 1_000).toFixed(1)} s; ${population.counts.accepted} accepted`);
    if (performance.now() - began > (options.deadlineMs ?? Infinity)) return;
  }
}

const planOf = (options: ChaosOptions, { topology }: World): ScheduleOptions => ({
  ...options,
  topology,
  kinds: options.kinds ?? kindsFor(topology, options.flush ?? false),
});

function summed({ engine, seed }: ChaosOptions, { counts, devices }: Population, injector: Injector) {
  return {
    engine,
    seed,
    minutes: 0,
    done: injector.counts,
    accepted: counts.accepted,
    retries: counts.repeated,
    replaced: devices.flatMap(({ replaced }) => replaced),
    outages: devices.flatMap(({ outages }) => outages),
    longestWaitMs: counts.longestMs,
  };
}
