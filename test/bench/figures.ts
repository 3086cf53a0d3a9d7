import { table } from './harness/markdown.js';
import { fixed, median, spread, times } from './harness/statistics.js';

/** A ratio that the design sets a figure for; each is measured against its reference within one run. */
interface Figure {
  readonly what: string;
  readonly against: string;
  readonly hold?: number;
  readonly reach?: number;
  /** What is measured is a cost: no more than so much. */
  readonly most?: boolean;
}

export const FIGURES = {
  ephemeralToTuned: { what: 'ephemeral, cross-gateway', against: 'tuned relay', hold: 0.55, reach: 0.75 },
  ephemeralToSocketIo: { what: 'ephemeral, cross-gateway', against: 'Socket.IO, Redis adapter', hold: 2 },
  storedToSocketIo: { what: 'stored, cross-gateway', against: 'Socket.IO, Redis adapter', hold: 1.2, reach: 2 },
  storedToStreams: { what: 'stored, cross-gateway', against: 'Socket.IO, Streams adapter, client acks', hold: 2 },
  storedToNest: { what: 'stored, cross-gateway', against: 'plain Nest, answered', hold: 3.5, reach: 6 },
  storedToNestUnanswered: { what: 'stored, cross-gateway', against: 'plain Nest, unanswered', hold: 3.5, reach: 6 },
  p50: { what: 'p50 at 1,000 messages a second, stored', against: 'naive relay', hold: 3, reach: 1.5, most: true },
  p99: { what: 'p99 at 1,000 messages a second, stored', against: 'naive relay', hold: 3, reach: 1.5, most: true },
  fanOut: { what: 'fan-out 1 → 1,000, one at a time', against: 'bare ws, one string', hold: 0.95, reach: 1.1 },
  fanOutEight: { what: 'fan-out 1 → 1,000, eight under way', against: 'bare ws, one string', hold: 0.95, reach: 1.1 },
  idleMemory: { what: 'memory of an idle connection', against: 'bare ws', hold: 1.3, reach: 1, most: true },
  connectToSocketIo: { what: 'connect and register, 50 at once', against: 'Socket.IO, connect', hold: 1, most: true },
  rushToSocketIo: { what: 'connect and register, 400 at once', against: 'Socket.IO, connect', hold: 1, most: true },
  connectToBareWs: { what: 'connect and register, 50 at once', against: 'bare ws', reach: 1.3, most: true },
  rushToBareWs: { what: 'connect and register, 400 at once', against: 'bare ws', reach: 1.3, most: true },
  hotInbox: { what: '100 senders to one inbox', against: 'spread over 100', hold: 1, reach: 1.5 },
  routers: { what: 'cost of a message, 3 routers', against: '1 router', hold: 1.1, reach: 1.05, most: true },
  routersLoaded: {
    what: 'cost of a message, 3 routers, 3 times the load',
    against: '1 router',
    hold: 1.1,
    reach: 1.05,
    most: true,
  },
} as const satisfies Record<string, Figure>;

export type FigureName = keyof typeof FIGURES;
export type Ratios = Partial<Record<FigureName, number>>;

function verdict({ hold, reach, most = false }: Figure, measured: number): string {
  const meets = (bound: number): boolean => (most ? measured <= bound : measured >= bound);
  if (reach !== undefined && meets(reach)) return 'reached';
  if (hold === undefined) return 'not reached';
  return meets(hold) ? 'held' : '**not held**';
}

const bound = (most: boolean | undefined, value: number | undefined): string =>
  value === undefined ? '–' : `${most ? '≤' : '≥'} ${value}`;

/** The table of the design's figures, as far as they were measured. */
export function figuresTable(ratios: Ratios): string {
  const measured = Object.entries(ratios) as [FigureName, number][];
  const rows = measured.map(([name, value]) => {
    const figure: Figure = FIGURES[name];
    const { what, against, hold, reach, most } = figure;
    return [what, against, bound(most, hold), bound(most, reach), times(value), verdict(figure, value)];
  });
  return table(['figure', 'against', 'hold', 'reach for', 'measured', 'verdict'], rows);
}

/** Each ratio over several runs, and how far the worst of them is from the median. */
export function spreadTable(runs: readonly Ratios[]): string {
  const rows = (Object.keys(runs[0] ?? {}) as FigureName[]).map((name) => {
    const values = runs.map((ratios) => ratios[name] ?? Number.NaN);
    const { what, against, most = false }: Figure = FIGURES[name];
    const worst = most ? Math.max(...values) / median(values) - 1 : 1 - Math.min(...values) / median(values);
    return [what, against, spread(values, fixed(2)), `${(worst * 100).toFixed(0)} %`];
  });
  return table(['figure', 'against', 'median (least–most)', 'worst below the median by'], rows);
}

/** Figures that have become worse than what was recorded by more than `tolerance` (0.2: a fifth), each as a sentence. */
export function fallen(ratios: Ratios, recorded: Ratios, tolerance: number): string[] {
  return (Object.entries(recorded) as [FigureName, number][]).flatMap(([name, before]) => {
    const { what, against, most = false }: Figure = FIGURES[name];
    const now = ratios[name];
    if (now === undefined) return [`${what} against ${against} was not measured`];
    const worse = most ? now > before / (1 - tolerance) : now < before * (1 - tolerance);
    return worse ? [`${what} against ${against}: ${times(now)}, recorded ${times(before)}`] : [];
  });
}
