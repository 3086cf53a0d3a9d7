import { setTimeout as delay } from 'node:timers/promises';
import { WireClient, eventually } from '#testing';
import { table } from '../../bench/harness/markdown.js';
import { percentile } from '../../bench/harness/statistics.js';
import { World } from '../world.js';
import { Fleet } from './fleet.js';
import type { JitterReport, JitterTask } from './jitter-crew.js';

export interface JitterOptions {
  readonly clients: number;
  readonly messages: number;
  readonly everyMs: number;
  readonly processes: number;
  readonly gateways: number;
  readonly seed: number;
}

const ROOM = 'jitter';
const CUTS = { stayMs: [10_000, 20_000], awayMs: [1_000, 3_000] } as const;
/** For the last ones to come back and catch up, ms. */
const PATIENCE_MS = 30_000;
const JOINS_IN_PARALLEL = 20;

interface Measured {
  readonly reports: readonly JitterReport[];
  readonly sent: number;
}

/** Everybody in one conversation, every socket cut about every 15 s for about 2 s: who gets what, and when. The same without cuts beside it. */
export async function jitter(options: JitterOptions): Promise<string> {
  const { clients, messages, gateways, seed } = options;
  const world = await World.start({ engine: 'redis', gateways, routers: 1, presences: 1, durable: true });
  try {
    const rows = [
      row('none', options, await measure(world, options, 'calm')),
      row('every 10–20 s for 1–3 s', options, await measure(world, options, 'cut')),
    ];
    const head = ['sockets cut', 'cuts', 'delivered', 'repeated', 'gaps', 'p50', 'p99', 'max'];
    return `${clients} clients, ${messages} messages, ${gateways} gateways, seed ${seed}\n\n${table(head, rows)}`;
  } finally {
    await world.stop();
  }
}

async function measure(world: World, options: JitterOptions, how: 'calm' | 'cut'): Promise<Measured> {
  const { clients, processes, seed } = options;
  const conversation = `${ROOM}-${how}`;
  const users = Array.from({ length: clients }, (_, n) => `member-${n}`);
  for (let i = 0; i < users.length; i += JOINS_IN_PARALLEL)
    await Promise.all(users.slice(i, i + JOINS_IN_PARALLEL).map((userId) => world.join(conversation, userId)));
  await world.join(conversation, 'speaker');
  const urls = world.topology.gateways.map((id) => world.cluster.gatewayUrl(id));
  const fleet = Fleet.launch<JitterTask, JitterReport>('./jitter-crew.js', processes);
  try {
    const part = (n: number): string[] => users.filter((_, i) => i % processes === n);
    const cuts = how === 'cut' ? CUTS : undefined;
    await fleet.start((n) => ({ urls, conversation, users: part(n), cuts, seed }));
    const sent = await speak(urls[0] ?? '', conversation, options);
    return { reports: await all(fleet, sent * clients), sent };
  } finally {
    fleet.stop();
  }
}

/** One who is not cut off says what it is to be measured by. */
async function speak(url: string, conversation: string, { messages, everyMs }: JitterOptions): Promise<number> {
  const speaker = await WireClient.connect(url);
  await speaker.register('speaker');
  for (let n = 1; n <= messages; n++) {
    speaker.send({ type: 'message', conversation, content: String(Date.now()), id: `${conversation}-${n}` });
    await delay(everyMs);
  }
  await eventually(() => {
    if (speaker.ofType('accepted').length < messages) throw new Error('not accepted yet');
  });
  speaker.terminate();
  return messages;
}

/** What they have once all have everything, or no more comes. */
async function all(fleet: Fleet<JitterTask, JitterReport>, expected: number): Promise<readonly JitterReport[]> {
  let reports: readonly JitterReport[] = [];
  const complete = async (): Promise<void> => {
    reports = await fleet.report();
    if (delivered(reports) < expected) throw new Error('not yet');
  };
  await eventually(complete, { timeoutMs: PATIENCE_MS, everyMs: 500 }).catch(() => undefined);
  return reports;
}

const delivered = (reports: readonly JitterReport[]): number =>
  reports.reduce((sum, { latencies }) => sum + latencies.length, 0);

function row(how: string, { clients }: JitterOptions, { reports, sent }: Measured): (string | number)[] {
  const latencies = reports.flatMap((report) => report.latencies);
  const sum = (of: (report: JitterReport) => number): number => reports.reduce((rest, report) => rest + of(report), 0);
  const share = (100 * latencies.length) / (sent * clients);
  const at = (point: number): string => `${Math.round(percentile(latencies, point))} ms`;
  return [
    how,
    sum(({ cuts }) => cuts),
    `${share.toFixed(2)} %`,
    sum(({ repeated }) => repeated),
    sum(({ gaps }) => gaps),
    at(0.5),
    at(0.99),
    at(1),
  ];
}
