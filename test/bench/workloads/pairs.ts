import type { Contender } from '../contenders/system.js';
import { sleep } from '../harness/clock.js';
import { Generator } from '../harness/generator/generator.js';
import { percentile } from '../harness/statistics.js';
import { throughput, type Span, type Throughput } from '../harness/throughput.js';

let runs = 0;

/** Names of users who have never been there before. */
export function fresh(prefix: string, count: number): string[] {
  const run = `${process.pid.toString(36)}-${(runs++).toString(36)}`;
  return Array.from({ length: count }, (_, i) => `${prefix}-${run}-${i}`);
}

/** Runs `use` with load generators that end with it. */
export async function withGenerators<T>(count: number, use: (...generators: Generator[]) => Promise<T>): Promise<T> {
  const generators = Array.from({ length: count }, () => Generator.start());
  try {
    return await use(...generators);
  } finally {
    for (const generator of generators) generator.stop();
  }
}

export interface PairsOptions {
  readonly pairs: number;
  /** Messages of a sender under way. */
  readonly window: number;
  /** Which of the system's gateways the senders are at, and which the recipients; default 0 and 1. */
  readonly from?: number;
  readonly to?: number;
  /** All senders write to one and the same recipient. */
  readonly toOne?: boolean;
  readonly span: Span;
}

/** Pairs of users, each with its sender at one gateway and its recipient at another: as many messages as the window lets through. */
export async function pairs(
  { system, dialect, extra }: Contender,
  { pairs: count, window, from = 0, to = 1, toOne = false, span }: PairsOptions,
  during?: () => Promise<unknown>,
): Promise<Throughput> {
  return withGenerators(1, async (generator) => {
    const recipients = fresh('r', toOne ? 1 : count);
    await generator.order('open', { name: 'to', url: system.urls[to] ?? '', dialect, users: recipients });
    await generator.order('open', { name: 'from', url: system.urls[from] ?? '', dialect, users: fresh('s', count) });
    const addresses = Array.from({ length: count }, (_, i) => recipients[i % recipients.length] ?? '');
    const order = { from: 'from', to: addresses, extra, receivers: 'to', window };
    return throughput(system.pids, generator, order, span, during);
  });
}

export interface PacedOptions {
  readonly pairs: number;
  /** Messages a second, over all pairs. */
  readonly rate: number;
  readonly seconds: number;
}

export interface Paced {
  readonly p50: number;
  readonly p99: number;
  /** By how much the 99th of 100 sends missed its time, ms: the load generator's own share. */
  readonly late: number;
}

const SETTLE_MS = 300;

/** The same pairs at a fixed rate, senders and recipients in processes of their own: latency from when each message was due to its arrival. */
export async function paced(
  { system, dialect, extra }: Contender,
  { pairs: count, rate, seconds }: PacedOptions,
): Promise<Paced> {
  return withGenerators(2, async (sending, receiving) => {
    const to = fresh('r', count);
    await receiving.order('open', { name: 'to', url: system.urls[1] ?? '', dialect, users: to });
    await sending.order('open', { name: 'from', url: system.urls[0] ?? '', dialect, users: fresh('s', count) });
    const order = { from: 'from', to, extra, rate };
    await sending.order('pace', { ...order, messages: rate });
    await sleep(SETTLE_MS);
    await receiving.order('time', 'to');
    const late = await sending.order('pace', { ...order, messages: rate * seconds });
    const latencies = await arrivals(receiving, rate * seconds);
    return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), late: percentile(late, 0.99) };
  });
}

/** Waits for the last ones, but no longer than while some still come. Those that never come count as endless. */
async function arrivals(receiving: Generator, expected: number): Promise<readonly number[]> {
  for (let before = -1; ;) {
    const latencies = await receiving.order('latencies');
    const missing = expected - latencies.length;
    if (missing <= 0) return latencies;
    if (latencies.length === before) return [...latencies, ...Array.from({ length: missing }, () => Infinity)];
    before = latencies.length;
    await sleep(SETTLE_MS);
  }
}
