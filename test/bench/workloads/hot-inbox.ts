import { switchboard } from '../contenders/switchboard.js';
import { table } from '../harness/markdown.js';
import { interleaved } from '../harness/rounds.js';
import { spanOf, WARMING_ROUNDS } from '../harness/throughput.js';
import { STORED } from './direct.js';
import { pairs } from './pairs.js';
import { against, THROUGHPUT_HEAD, throughputRow, withSystems, type Workload } from './workload.js';

/** Many senders, one inbox: its actor takes all that waits in one append. */
export const hotInbox: Workload = ({ rounds: count }) =>
  withSystems({ ours: () => switchboard() }, async ({ ours }) => {
    const all = [
      { name: '100 senders, 100 inboxes', toOne: false },
      { name: '100 senders, 1 inbox', toOne: true },
    ];
    const rounds = await interleaved(all, { count, before: WARMING_ROUNDS }, ({ name, toOne }, round) =>
      pairs(
        { name, dialect: 'json', extra: STORED, system: ours },
        { pairs: 100, window: 10, toOne, span: spanOf(round) },
      ),
    );
    const [spread, hot] = all.map(({ name }) => name) as [string, string];
    return {
      title: 'A hot inbox',
      text: '100 senders, 10 messages of each under way, stored, between two gateways: to an inbox each, and all to one.',
      table: table(
        THROUGHPUT_HEAD,
        all.map(({ name }) => throughputRow(name, rounds, spread)),
      ),
      ratios: { hotInbox: against(rounds, hot, spread) },
    };
  });
