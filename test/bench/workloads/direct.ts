import { naiveRelay, plainNest, socketIo, tunedRelay } from '../contenders/references.js';
import { switchboard } from '../contenders/switchboard.js';
import type { Contender } from '../contenders/system.js';
import { table } from '../harness/markdown.js';
import { interleaved, series, type Rounds } from '../harness/rounds.js';
import { fixed, ratio, spread, times } from '../harness/statistics.js';
import { spanOf, WARMING_ROUNDS, type Throughput } from '../harness/throughput.js';
import { paced, pairs, type Paced } from './pairs.js';
import { against, THROUGHPUT_HEAD, throughputRow, withSystems, type Section, type Workload } from './workload.js';

/** Idempotent and answered: what references are asked for by an id or an acknowledgement as well. */
export const STORED = ',"id":"$id"';
export const EPHEMERAL = ',"ephemeral":true';

const SYSTEMS = {
  tuned: tunedRelay,
  naive: naiveRelay,
  redis: () => socketIo('redis'),
  streams: () => socketIo('streams'),
  nest: plainNest,
  ours: () => switchboard(),
};

const WINDOW = { pairs: 100, window: 10 };
const PACE = { pairs: 100, rate: 1_000, seconds: 4 };
/** Of the short form. */
const CHECKED: readonly string[] = [
  'tuned relay',
  'Socket.IO, Redis adapter',
  'Socket.IO, Streams adapter, client acks',
  'switchboard, ephemeral',
  'switchboard, stored',
];
const PACED = ['naive relay', 'Socket.IO, Redis adapter', 'switchboard, stored', 'switchboard, ephemeral'];

/** Messages between users at two gateways, each part a process of its own. */
export const direct: Workload = ({ rounds: count, short }) =>
  withSystems(SYSTEMS, async ({ tuned, naive, redis, streams, nest, ours }) => {
    const all: Contender[] = [
      { name: 'tuned relay', dialect: 'json', extra: '', system: tuned },
      { name: 'naive relay', dialect: 'json', extra: '', system: naive },
      { name: 'Socket.IO, Redis adapter', dialect: 'socketIo', extra: '', system: redis },
      { name: 'Socket.IO, Streams adapter, client acks', dialect: 'socketIo', extra: 'ack', system: streams },
      { name: 'plain Nest, unanswered', dialect: 'nest', extra: '', system: nest },
      { name: 'plain Nest, answered', dialect: 'nest', extra: STORED, system: nest },
      { name: 'switchboard, ephemeral', dialect: 'json', extra: EPHEMERAL, system: ours },
      { name: 'switchboard, stored', dialect: 'json', extra: STORED, system: ours },
    ];
    const measured = short ? all.filter(({ name }) => CHECKED.includes(name)) : all;
    const rounds = await interleaved(measured, { count, before: WARMING_ROUNDS }, (one, round) =>
      pairs(one, { ...WINDOW, span: spanOf(round, short) }),
    );
    if (short) return section(measured, rounds);
    const some = all.filter(({ name }) => PACED.includes(name));
    return section(all, rounds, await interleaved(some, { count, before: 1 }, (one) => paced(one, PACE)));
  });

const HOPS: Readonly<Record<string, string>> = {
  'gateway-01': 'sender',
  'gateway-02': 'recipient',
  'router-01': 'router',
};

function section(all: readonly Contender[], rounds: Rounds<Throughput>, latencies?: Rounds<Paced>): Section {
  const reference = rounds.has('naive relay') ? 'naive relay' : 'tuned relay';
  const rows = all.map(({ name }) => throughputRow(name, rounds, reference, (process) => HOPS[process] ?? process));
  const throughputs = table(THROUGHPUT_HEAD, rows);
  const latency = latencies && latencyTable(latencies);
  return {
    title: 'Direct messages between two gateways',
    text:
      '100 pairs of users, the sender at one gateway and the recipient at another, 10 messages of a pair under way, frames of about 150 bytes. ' +
      'Latency: from when a message was due to its arrival, at 1,000 messages a second by a schedule that waits for nobody.',
    table: latency === undefined ? throughputs : `${throughputs}\n\n${latency}`,
    ratios: {
      ephemeralToTuned: against(rounds, 'switchboard, ephemeral', 'tuned relay'),
      ephemeralToSocketIo: against(rounds, 'switchboard, ephemeral', 'Socket.IO, Redis adapter'),
      storedToSocketIo: against(rounds, 'switchboard, stored', 'Socket.IO, Redis adapter'),
      storedToStreams: against(rounds, 'switchboard, stored', 'Socket.IO, Streams adapter, client acks'),
      ...(rounds.has('plain Nest, answered') && {
        storedToNest: against(rounds, 'switchboard, stored', 'plain Nest, answered'),
        storedToNestUnanswered: against(rounds, 'switchboard, stored', 'plain Nest, unanswered'),
      }),
      ...(latencies && { p50: slower(latencies, 'p50'), p99: slower(latencies, 'p99') }),
    },
  };
}

const slower = (rounds: Rounds<Paced>, what: 'p50' | 'p99', name = 'switchboard, stored'): number =>
  ratio(
    series(rounds, name, (one) => one[what]),
    series(rounds, 'naive relay', (one) => one[what]),
  );

function latencyTable(rounds: Rounds<Paced>): string {
  const rows = [...rounds.keys()].map((name) => [
    name,
    spread(
      series(rounds, name, ({ p50 }) => p50),
      fixed(2),
    ),
    times(slower(rounds, 'p50', name)),
    spread(
      series(rounds, name, ({ p99 }) => p99),
      fixed(2),
    ),
    times(slower(rounds, 'p99', name)),
    spread(
      series(rounds, name, ({ late }) => late),
      fixed(2),
    ),
  ]);
  return table(['contender', 'p50 ms', 'ratio', 'p99 ms', 'ratio', 'p99 of how late the generator sent, ms'], rows);
}
