import { switchboard } from '../contenders/switchboard.js';
import type { Contender } from '../contenders/system.js';
import { table } from '../harness/markdown.js';
import { interleaved } from '../harness/rounds.js';
import { STORED } from './direct.js';
import { pairs } from './pairs.js';
import { against, THROUGHPUT_HEAD, throughputRow, withSystems, type Workload } from './workload.js';

const SPAN = { warmUpMs: 500, measureMs: 2_000 };

/** The same load on one, two and three routers: placement by key must cost nothing. */
export const routers: Workload = ({ rounds: count }) => {
  const starts = {
    one: () => switchboard({ routers: 1 }),
    two: () => switchboard({ routers: 2 }),
    three: () => switchboard({ routers: 3 }),
  };
  return withSystems(starts, async ({ one, two, three }) => {
    const all: Contender[] = Object.entries({ '1 router': one, '2 routers': two, '3 routers': three }).map(
      ([name, system]) => ({ name, system, dialect: 'json', extra: STORED }),
    );
    const rounds = await interleaved(all, { count, before: 1 }, (contender) =>
      pairs(contender, { pairs: 100, window: 10, span: SPAN }),
    );
    return {
      title: 'One to three routers',
      text: 'The pairs of the first table, stored, with more and more routers on the same two cores: what a message costs in all.',
      table: table(
        THROUGHPUT_HEAD,
        all.map(({ name }) => throughputRow(name, rounds, '1 router')),
      ),
      ratios: { routers: 1 / against(rounds, '3 routers', '1 router') },
    };
  });
};
