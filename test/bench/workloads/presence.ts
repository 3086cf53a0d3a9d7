import { switchboard } from '../contenders/switchboard.js';
import { table } from '../harness/markdown.js';
import { sum } from '../harness/proc.js';
import { fixed, median, spread, whole } from '../harness/statistics.js';
import { microseconds, perCpuSecond, throughput, type Throughput } from '../harness/throughput.js';
import { fresh, withGenerators } from './pairs.js';
import { withSystems, type Workload } from './workload.js';

const WATCHED = 1_000;
const WATCHERS = 10;
const SPAN = { warmUpMs: 500, measureMs: 3_000 };

/** A thousand users who change their status all the time, and some who watch them all. */
export const presence: Workload = ({ rounds: count }) =>
  withSystems({ ours: () => switchboard() }, async ({ ours }) => {
    const rounds: Throughput[] = [];
    for (let n = -1; n < count; n++) {
      const measured = await withGenerators(1, async (generator) => {
        const [watched, watchers] = [fresh('u', WATCHED), fresh('w', WATCHERS)];
        const group = { dialect: 'presence' } as const;
        await generator.order('open', { ...group, name: 'watched', url: ours.urls[0] ?? '', users: watched });
        const room = watched.join(',');
        await generator.order('open', { ...group, name: 'watchers', url: ours.urls[1] ?? '', users: watchers, room });
        const order = {
          from: 'watched',
          to: [],
          extra: '',
          receivers: 'watched',
          until: 'acceptance',
          window: 1,
        } as const;
        return throughput(ours.pids, generator, order, SPAN);
      });
      if (n >= 0) rounds.push(measured);
    }
    const costs = Object.keys(ours.pids).map((name) => `${name} ${median(rounds.map(microseconds(name))).toFixed(1)}`);
    return {
      title: 'Presence',
      text: `${WATCHED} users at one gateway change their status, each as soon as its last change is answered; ${WATCHERS} at another watch them all.`,
      table: table(
        ['changes told per CPU-second', 'CPU µs each', 'of it', 'told a second'],
        [
          [
            spread(rounds.map(perCpuSecond), whole),
            spread(
              rounds.map(({ cpu, delivered }) => (sum(cpu) / delivered) * 1e6),
              fixed(1),
            ),
            costs.join(', '),
            whole(median(rounds.map(({ delivered, seconds }) => delivered / seconds))),
          ],
        ],
      ),
      ratios: {},
    };
  });
