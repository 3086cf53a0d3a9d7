import { naiveRelay, socketIo, tunedRelay } from '../contenders/references.js';
import { switchboard } from '../contenders/switchboard.js';
import type { Contender } from '../contenders/system.js';
import { table } from '../harness/markdown.js';
import { interleaved } from '../harness/rounds.js';
import { spanOf, WARMING_ROUNDS } from '../harness/throughput.js';
import { EPHEMERAL, STORED } from './direct.js';
import { pairs } from './pairs.js';
import { THROUGHPUT_HEAD, throughputRow, withSystems, type Workload } from './workload.js';

const SYSTEMS = { tuned: tunedRelay, naive: naiveRelay, redis: () => socketIo('redis'), ours: () => switchboard() };

/** Messages between users at one and the same gateway of two. */
export const near: Workload = ({ rounds: count }) =>
  withSystems(SYSTEMS, async ({ tuned, naive, redis, ours }) => {
    const all: Contender[] = [
      { name: 'tuned relay', dialect: 'json', extra: '', system: tuned },
      { name: 'naive relay', dialect: 'json', extra: '', system: naive },
      { name: 'Socket.IO, Redis adapter', dialect: 'socketIo', extra: '', system: redis },
      { name: 'switchboard, ephemeral', dialect: 'json', extra: EPHEMERAL, system: ours },
      { name: 'switchboard, stored', dialect: 'json', extra: STORED, system: ours },
    ];
    const options = { pairs: 100, window: 10, from: 0, to: 0 };
    const rounds = await interleaved(all, { count, before: WARMING_ROUNDS }, (one, round) =>
      pairs(one, { ...options, span: spanOf(round) }),
    );
    return {
      title: 'Direct messages within one gateway',
      text: 'The same pairs, both at the first of two gateways. Ours go by the router and back all the same: the log is there.',
      table: table(
        THROUGHPUT_HEAD,
        all.map(({ name }) => throughputRow(name, rounds, 'naive relay')),
      ),
      ratios: {},
    };
  });
