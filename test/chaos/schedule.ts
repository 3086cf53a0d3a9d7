import { Random } from './random.js';

/** What the suite does to the system. `flush` loses data, so that the checker must be told; it is left out unless asked for. */
export const FAULT_KINDS = [
  'kill gateway',
  'kill router',
  'kill presence',
  'pause gateway',
  'pause router',
  'pause presence',
  'cut link',
  'slow link',
  'lossy link',
  'redis restart',
  'redis hang',
  'rolling restart',
  'reset clients',
  'half-open clients',
  'refuse clients',
  'flush',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One fault. Times are ms; `at` counts from the beginning of its round. */
export interface Planned {
  readonly at: number;
  readonly fault: FaultKind;
  /** The id of an app; of Redis, `redis`, or the number of a shard; `all`. */
  readonly target: string;
  /** How long it lasts; 0: it happens and is over. */
  readonly forMs: number;
  /** How bad it is, in [0, 1): the share of connections, the slowness of a link. */
  readonly force: number;
}

export interface Topology {
  readonly gateways: readonly string[];
  readonly routers: readonly string[];
  readonly presences: readonly string[];
  /** What of Redis can be hit by itself. */
  readonly redis: readonly string[];
  /** Whether links between apps and Redis can be hit. */
  readonly links: boolean;
}

export interface ScheduleOptions {
  readonly seed: number;
  readonly topology: Topology;
  readonly rounds: number;
  /** Faults of a round begin within so many ms. */
  readonly roundMs: number;
  /** Between the beginnings of two faults, ms, from … to. */
  readonly every: readonly [number, number];
  readonly kinds: readonly FaultKind[];
  /** No fault lasts longer, ms. */
  readonly longestMs: number;
}

/** How long, ms, from … to. A lease lives 5 s: pauses and cuts end before and after. */
const LASTS: Readonly<Record<FaultKind, readonly [number, number]>> = {
  'kill gateway': [0, 6_000],
  'kill router': [0, 6_000],
  'kill presence': [0, 6_000],
  'pause gateway': [2_000, 20_000],
  'pause router': [2_000, 20_000],
  'pause presence': [2_000, 20_000],
  'cut link': [1_000, 15_000],
  'slow link': [5_000, 15_000],
  'lossy link': [1_000, 10_000],
  'redis restart': [0, 5_000],
  'redis hang': [2_000, 10_000],
  'rolling restart': [0, 0],
  'reset clients': [0, 0],
  'half-open clients': [1_000, 8_000],
  'refuse clients': [1_000, 8_000],
  flush: [0, 0],
};

/** While a rolling restart is under way no app is hit by anything else: about as long as it takes. */
const ROLL_MS = 20_000;

/** Which faults hit what, when, for how long: a pure function of its options. Every kind comes once before any comes again. */
export function schedule(options: ScheduleOptions): Planned[][] {
  const random = Random.of(options.seed, 'schedule');
  const bag = new Bag(options.kinds, random);
  return Array.from({ length: options.rounds }, () => round(options, bag, random));
}

function round({ topology, roundMs, every, longestMs }: ScheduleOptions, bag: Bag, random: Random): Planned[] {
  const planned: Planned[] = [];
  const busyUntil = new Map<string, number>();
  for (let at = random.between(0, every[0]); at < roundMs; at += random.between(...every)) {
    const fault = bag.next();
    const target = random.pick(targets(fault, topology));
    const [least, most] = LASTS[fault];
    const forMs = Math.min(longestMs, random.between(least, most));
    const occupied = touched(fault, target, topology);
    const begin = Math.max(at, ...occupied.map((one) => busyUntil.get(one) ?? 0));
    const end = begin + (fault === 'rolling restart' ? ROLL_MS : forMs);
    for (const one of occupied) busyUntil.set(one, end);
    planned.push({ at: begin, fault, target, forMs, force: random.next() });
  }
  return planned.sort((a, b) => a.at - b.at);
}

/** All kinds in another order each time round. */
class Bag {
  private left: FaultKind[] = [];

  constructor(
    private readonly kinds: readonly FaultKind[],
    private readonly random: Random,
  ) {}

  next(): FaultKind {
    if (this.left.length === 0) this.left = this.random.shuffled(this.kinds);
    return this.left.pop() as FaultKind;
  }
}

const allApps = ({ gateways, routers, presences }: Topology): string[] => [...gateways, ...routers, ...presences];

function targets(fault: FaultKind, topology: Topology): readonly string[] {
  switch (fault) {
    case 'kill gateway':
    case 'pause gateway':
    case 'reset clients':
    case 'half-open clients':
    case 'refuse clients':
      return topology.gateways;
    case 'kill router':
    case 'pause router':
      return topology.routers;
    case 'kill presence':
    case 'pause presence':
      return topology.presences;
    case 'cut link':
    case 'slow link':
    case 'lossy link':
      return allApps(topology);
    case 'redis restart':
    case 'redis hang':
      return topology.redis;
    case 'rolling restart':
    case 'flush':
      return ['all'];
  }
}

/** What is hit by a fault is hit by no other meanwhile. Links and fronts are things of their own. */
export function touched(fault: FaultKind, target: string, topology: Topology): string[] {
  if (fault === 'rolling restart') return allApps(topology);
  if (fault === 'flush') return ['data'];
  if (fault.endsWith('link')) return [`link of ${target}`];
  if (fault.endsWith('clients')) return [`front of ${target}`];
  return [target];
}

/** The kinds that make sense: links can be hit only where each app has one of its own. */
export const kindsFor = ({ links }: Topology, flush: boolean): FaultKind[] =>
  FAULT_KINDS.filter((kind) => (links || !kind.endsWith('link')) && (flush || kind !== 'flush'));
