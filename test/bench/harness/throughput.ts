import { sleep } from './clock.js';
import type { Generator } from './generator/generator.js';
import type { Counts, WindowOrder } from './generator/orders.js';
import { cpuBetween, cpuOf, sum, type Cpu } from './proc.js';

/** What some servers did in a span of time under load. */
export interface Throughput {
  readonly delivered: number;
  readonly lost: number;
  readonly seconds: number;
  /** CPU seconds by process. */
  readonly cpu: Cpu;
}

export interface Span {
  /** Not counted: batches and buffers find their size. */
  readonly warmUpMs: number;
  readonly measureMs: number;
}

const SPAN: Span = { warmUpMs: 500, measureMs: 2_000 };
const SHORT_SPAN: Span = { warmUpMs: 300, measureMs: 1_200 };
/** A server that has run for days is compiled, and its heap has grown: after some 10 s of load a message costs half of what it did in the first two. */
const WARMING: Span = { warmUpMs: 0, measureMs: 3_000 };
const SHORT_WARMING: Span = { warmUpMs: 0, measureMs: 1_000 };
/** In so many rounds: who rests for a minute or two while others are warmed up has a small heap again, and half of its code to compile. */
export const WARMING_ROUNDS = 4;

/** How long a round of load is; those before round 0 warm the contender up. */
export function spanOf(round: number, short = false): Span {
  if (round < 0) return short ? SHORT_WARMING : WARMING;
  return short ? SHORT_SPAN : SPAN;
}

/** As `spanOf`, with so many times as much to warm up: for processes that share the load, or have no other one. */
export function longSpanOf(round: number, times: number): Span {
  const { warmUpMs, measureMs } = spanOf(round);
  return round < 0 ? { warmUpMs, measureMs: measureMs * times } : { warmUpMs, measureMs };
}

/** How long messages that are under way may take to arrive when sending has stopped. */
const DRAIN_MS = 300;

/** Keeps a window of messages under way and looks what the servers spend on them. */
export async function throughput(
  pids: Readonly<Record<string, number>>,
  generator: Generator,
  order: WindowOrder,
  span: Span,
  during: () => Promise<unknown> = async () => undefined,
): Promise<Throughput> {
  await generator.order('window', order);
  await sleep(span.warmUpMs);
  const before = await look(pids, generator);
  await Promise.all([sleep(span.measureMs), during()]);
  const after = await look(pids, generator);
  await generator.order('stop');
  await sleep(DRAIN_MS);
  return {
    delivered: after.counts.delivered - before.counts.delivered,
    lost: after.counts.lost - before.counts.lost,
    seconds: (after.at - before.at) / 1_000,
    cpu: cpuBetween(before.cpu, after.cpu),
  };
}

interface Look {
  readonly counts: Counts;
  readonly cpu: Cpu;
  readonly at: number;
}

async function look(pids: Readonly<Record<string, number>>, generator: Generator): Promise<Look> {
  const counts = await generator.order('counts');
  return { counts, cpu: cpuOf(pids), at: performance.now() };
}

export const perCpuSecond = ({ delivered, cpu }: Throughput): number => delivered / sum(cpu);

/** CPU microseconds of one process for each delivered message. */
export const microseconds =
  (process: string) =>
  ({ delivered, cpu }: Throughput): number =>
    ((cpu[process] ?? 0) / delivered) * 1e6;
