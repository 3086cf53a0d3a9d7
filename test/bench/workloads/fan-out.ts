import { createEngine } from '#engine';
import { bareWs, socketIo } from '../contenders/references.js';
import { switchboard, type Switchboard } from '../contenders/switchboard.js';
import type { Contender, System } from '../contenders/system.js';
import { table } from '../harness/markdown.js';
import { interleaved } from '../harness/rounds.js';
import { spanOf, throughput, WARMING_ROUNDS, type Span, type Throughput } from '../harness/throughput.js';
import { fresh, withGenerators } from './pairs.js';
import { against, THROUGHPUT_HEAD, throughputRow, withSystems, type Workload } from './workload.js';

const LISTENERS = 1_000;
const ROOM = 'everybody';

interface FanOut extends Contender {
  /** Messages under way. */
  readonly window: number;
}

/** Members of a conversation, put there directly: how they join is not what is measured. */
async function join(system: System, conversation: string, users: readonly string[]): Promise<void> {
  const { cluster } = system as Switchboard;
  const engine = createEngine({ kind: 'redis', url: cluster.redis.url });
  await engine.start();
  await Promise.all(users.map((user) => engine.conversations.join(conversation, user)));
  await engine.stop();
}

/** One speaks, and hears it too, as do 1,000 others, spread over the system's gateways. */
export async function fanOut(
  { system, dialect, extra, window }: FanOut,
  span: Span,
  during?: () => Promise<unknown>,
): Promise<Throughput> {
  const listeners = fresh('l', LISTENERS);
  const [speaker = ''] = fresh('s', 1);
  const ours = dialect === 'conversation';
  const room = ours ? speaker : ROOM;
  if (ours) await join(system, room, [speaker, ...listeners]);
  return withGenerators(1, async (generator) => {
    const { urls } = system;
    for (const [i, url] of urls.entries()) {
      const users = listeners.filter((_, n) => n % urls.length === i);
      await generator.order('open', { name: `at-${i}`, url, dialect, users, room });
    }
    await generator.order('open', { name: 'from', url: urls[0] ?? '', dialect, users: [speaker], room });
    const order = { from: 'from', to: [room], extra, receivers: 'from', window };
    return throughput(system.pids, generator, order, span, during);
  });
}

/** One message to a thousand: the write to each socket is what counts. */
export const fanOuts: Workload = ({ rounds: count, short }) => {
  const env = { ROOM };
  const starts = {
    bare: () => bareWs(),
    socketIoOne: () => socketIo('none', 1, env),
    oursOne: () => switchboard({ gateways: 1 }),
    ...(!short && { socketIoThree: () => socketIo('redis', 3, env), oursThree: () => switchboard({ gateways: 3 }) }),
  };
  return withSystems(starts as Record<string, () => Promise<System>>, async (systems) => {
    const all = contenders(systems).filter(({ window }) => !short || window === 1);
    const rounds = await interleaved(all, { count, before: WARMING_ROUNDS }, (one, round) =>
      fanOut(one, spanOf(round, short)),
    );
    return {
      title: 'One to a thousand',
      text:
        'A conversation that 1,001 have open, the one who writes among them; stored. With several under way, several messages go to a socket in ' +
        'one write. Ratio to bare ws that has as many under way.',
      table: table(
        THROUGHPUT_HEAD,
        all.map(({ name, window }) => throughputRow(name, rounds, `bare ws, one gateway, ${window} under way`)),
      ),
      ratios: {
        fanOut: against(rounds, 'switchboard, one gateway, 1 under way', 'bare ws, one gateway, 1 under way'),
        ...(!short && {
          fanOutEight: against(rounds, 'switchboard, one gateway, 8 under way', 'bare ws, one gateway, 8 under way'),
        }),
      },
    };
  });
};

function contenders(systems: Readonly<Record<string, System>>): FanOut[] {
  const kinds: (Omit<Contender, 'system'> & { readonly system: System | undefined })[] = [
    { name: 'bare ws, one gateway', dialect: 'json', extra: '', system: systems['bare'] },
    { name: 'Socket.IO, one gateway', dialect: 'socketIo', extra: '', system: systems['socketIoOne'] },
    { name: 'switchboard, one gateway', dialect: 'conversation', extra: '', system: systems['oursOne'] },
    { name: 'Socket.IO, three gateways', dialect: 'socketIo', extra: '', system: systems['socketIoThree'] },
    { name: 'switchboard, three gateways', dialect: 'conversation', extra: '', system: systems['oursThree'] },
  ];
  return kinds.flatMap(({ system, name, ...kind }) =>
    system ? [1, 8].map((window) => ({ ...kind, system, window, name: `${name}, ${window} under way` })) : [],
  );
}
