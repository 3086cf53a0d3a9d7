import { setTimeout as delay } from 'node:timers/promises';
import { Random } from './random.js';
import { touched, type FaultKind, type Planned } from './schedule.js';
import type { World } from './world.js';

type Do = (planned: Planned, world: World) => Promise<void>;

const killed: Do = async ({ target, forMs }, world) => {
  await world.holding(target, async () => {
    await world.cluster.kill(target);
    await delay(forMs);
    await world.cluster.restart(target);
  });
};

const paused: Do = async ({ target, forMs }, { cluster }) => {
  const app = cluster.app(target);
  app.pause();
  await delay(forMs);
  app.resume();
};

const rolled: Do = async (_planned, world) => {
  for (const id of world.cluster.ids)
    await world.holding(id, async () => {
      const code = await world.cluster.app(id).terminate();
      if (code !== 0) world.oddExits.push(`${id} was told to stop and exited with ${code}`);
      await world.cluster.restart(id);
    });
};

const crashed: Do = async ({ target, forMs }, { victim }) => {
  const restart = await victim.crash(target);
  await delay(forMs);
  await restart();
};

const hung: Do = async ({ target, forMs }, { victim }) => {
  const goOn = await victim.hang(target);
  await delay(forMs);
  await goOn();
};

/** Links: the mildest is 20 ms late at 1 MB/s, the worst 300 ms at 50 kB/s. */
const slowed: Do = async ({ target, forMs, force }, { cluster }) => {
  cluster.slowLink(target, 20 + 280 * force, 1_000_000 - 950_000 * force);
  await delay(forMs);
  cluster.healLink(target);
};

const cut: Do = async ({ target, forMs }, { cluster }) => {
  cluster.cutLink(target);
  await delay(forMs);
  cluster.healLink(target);
};

const lossy: Do = async ({ target, forMs, force }, { cluster }) => {
  cluster.link(target).drop([force < 0.5 ? 'up' : 'down']);
  await delay(forMs);
  cluster.healLink(target);
};

/** A share of the connections, from some to all. */
const some = ({ at, force }: Planned): ((place: number) => boolean) => {
  const random = new Random(at + Math.floor(force * 1e9));
  return () => random.chance(0.2 + force);
};

const resetClients: Do = async (planned, { cluster }) => {
  cluster.front(planned.target).reset(some(planned));
};

const halfOpenClients: Do = async (planned, { cluster }) => {
  const front = cluster.front(planned.target);
  front.halfOpen(planned.force < 0.5 ? 'client' : 'server', some(planned));
  await delay(planned.forMs);
  front.heal();
};

const refuseClients: Do = async ({ target, forMs }, { cluster }) => {
  cluster.front(target).refuse();
  cluster.front(target).reset();
  await delay(forMs);
  cluster.front(target).heal();
};

const flushed: Do = async (_planned, { victim }) => victim.server.flushAll();

const DO: Readonly<Record<FaultKind, Do>> = {
  'kill gateway': killed,
  'kill router': killed,
  'kill presence': killed,
  'pause gateway': paused,
  'pause router': paused,
  'pause presence': paused,
  'cut link': cut,
  'slow link': slowed,
  'lossy link': lossy,
  'redis restart': crashed,
  'redis hang': hung,
  'rolling restart': rolled,
  'reset clients': resetClients,
  'half-open clients': halfOpenClients,
  'refuse clients': refuseClients,
  flush: flushed,
};

/** Carries out a round of the schedule. What is hit by one fault waits until the one before is over. */
export class Injector {
  readonly counts = new Map<FaultKind, number>();
  private readonly busy = new Map<string, Promise<void>>();

  constructor(
    private readonly world: World,
    private readonly say: (line: string) => void,
  ) {}

  /** Resolves once every fault is over and healed. */
  async run(round: readonly Planned[]): Promise<void> {
    const began = performance.now();
    const all = round.map(async (planned) => {
      await delay(Math.max(0, planned.at - (performance.now() - began)));
      await this.inTurn(planned);
    });
    await Promise.all(all);
  }

  private async inTurn(planned: Planned): Promise<void> {
    const { topology } = this.world;
    const things = touched(planned.fault, planned.target, topology);
    const before = things.flatMap((thing) => this.busy.get(thing) ?? []);
    const done = Promise.all(before).then(() => this.perform(planned));
    for (const thing of things) this.busy.set(thing, done);
    await done;
  }

  private async perform(planned: Planned): Promise<void> {
    const { fault, target, forMs } = planned;
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    this.say(`${fault} ${target}${forMs > 0 ? ` for ${forMs} ms` : ''}`);
    await DO[fault](planned, this.world);
    this.say(`  over: ${fault} ${target}`);
  }
}
