import { switchboard } from '../contenders/switchboard.js';
import type { Contender } from '../contenders/system.js';
import { table } from '../harness/markdown.js';
import { interleaved } from '../harness/rounds.js';
import { longSpanOf, WARMING_ROUNDS } from '../harness/throughput.js';
import { STORED } from './direct.js';
import { pairs } from './pairs.js';
import { against, THROUGHPUT_HEAD, throughputRow, withSystems, type Workload } from './workload.js';

/**
 * One, two and three routers, under the same load and under one that grows with them: placement by key must cost nothing. `warming`: spans, so that
 * each router has had two in all, however many share the load.
 */
export const routers: Workload = ({ rounds: count }) => {
  const starts = {
    one: () => switchboard({ routers: 1 }),
    two: () => switchboard({ routers: 2 }),
    three: () => switchboard({ routers: 3 }),
  };
  return withSystems(starts, async ({ one, two, three }) => {
    const kind = { dialect: 'json', extra: STORED } as const;
    const all: (Contender & { readonly pairs: number; readonly warming: number })[] = [
      { ...kind, name: '1 router, 100 pairs', system: one, warming: 2, pairs: 100 },
      { ...kind, name: '2 routers, 100 pairs', system: two, warming: 2, pairs: 100 },
      { ...kind, name: '3 routers, 100 pairs', system: three, warming: 3, pairs: 100 },
      { ...kind, name: '2 routers, 200 pairs', system: two, warming: 2, pairs: 200 },
      { ...kind, name: '3 routers, 300 pairs', system: three, warming: 3, pairs: 300 },
    ];
    const rounds = await interleaved(all, { count, before: WARMING_ROUNDS }, (contender, round) =>
      pairs(contender, { pairs: contender.pairs, window: 10, span: longSpanOf(round, contender.warming) }),
    );
    const cost = (name: string): number => 1 / against(rounds, name, '1 router, 100 pairs');
    return {
      title: 'One to three routers',
      text:
        'The pairs of the first table, stored, with more and more routers on the same two cores: what a message costs in all, under the same load, which ' +
        'comes to each router in smaller batches, and under as much load for each router. Each router is as warm as the one that is alone.',
      table: table(
        THROUGHPUT_HEAD,
        all.map(({ name }) => throughputRow(name, rounds, '1 router, 100 pairs')),
      ),
      ratios: { routers: cost('3 routers, 100 pairs'), routersLoaded: cost('3 routers, 300 pairs') },
    };
  });
};
