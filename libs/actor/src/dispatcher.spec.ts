import { describe, expect, it } from '@jest/globals';
import { ActorSystem, type ActorContext, type ActorRef } from '#actor';
import { VirtualClock } from '#testing';
import { Gate, scripted, Stage } from './stage.suite.js';

const macrotask = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('the run queue', () => {
  it('makes one batch of what one turn of the event loop brings', async () => {
    const batches: number[][] = [];
    const system = new ActorSystem();
    const create = scripted<number>({ receive: (n, context) => void batches.push([n, ...context.takeAll()]) });
    const actor = system.spawn<number>({ create });
    actor.tell(1);
    await Promise.resolve();
    actor.tell(2);
    process.nextTick(() => actor.tell(3));
    await macrotask();
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('runs what is told during a drain in the same drain', () => {
    const stage = new Stage();
    const seen: number[] = [];
    const props = (to: () => ActorRef<number>) => ({
      create: scripted<number>({
        receive: (n) => {
          seen.push(n);
          if (n < 5) to().tell(n + 1);
        },
      }),
    });
    const ping: ActorRef<number> = stage.system.spawn(props(() => pong));
    const pong: ActorRef<number> = stage.system.spawn(props(() => ping));
    ping.tell(0);
    stage.turn();
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
    expect(stage.turn()).toBe(false);
  });

  it('gives every actor its turn, however much waits for one', () => {
    const stage = new Stage();
    const seen: string[] = [];
    const create = scripted<number>({ receive: (_, { key }) => void seen.push(key) });
    const [busy, other] = [
      stage.system.spawn<number>({ create }, 'busy'),
      stage.system.spawn<number>({ create }, 'other'),
    ];
    for (let n = 0; n < 900; n++) busy.tell(n);
    other.tell(0);
    stage.turn();
    expect(seen.indexOf('other')).toBe(32);
    expect(seen).toHaveLength(901);
  });

  it('lets the event loop do I/O when its budget is spent, and goes on after it', () => {
    const clock = new VirtualClock();
    const drains: (() => void)[] = [];
    const system = new ActorSystem({ clock, schedule: (drain) => drains.push(drain), budgetMs: 10 });
    let seen = 0;
    const receive = (): void => {
      seen++;
      clock.advance(1);
    };
    const actor = system.spawn<number>({ create: scripted({ receive }) });
    for (let n = 0; n < 100; n++) actor.tell(n);
    const handled: number[] = [];
    while (drains.length > 0) {
      drains.shift()!();
      handled.push(seen);
    }
    // The clock is looked at every 32 messages: no drain takes longer than its budget and those.
    expect(handled).toEqual([32, 64, 96, 100]);
  });

  it('goes on with the others when a middleware throws', () => {
    const stage = new Stage({
      middleware: [
        {
          receiving: (actor) => {
            if (actor.path === 'bad') throw new Error('middleware');
          },
        },
      ],
    });
    const seen: string[] = [];
    const create = scripted<number>({ receive: (_, { key }) => void seen.push(key) });
    stage.system.spawn<number>({ create }, 'bad').tell(1);
    stage.system.spawn<number>({ create }, 'good').tell(1);
    expect(() => stage.turn()).toThrow('middleware');
    stage.turn();
    expect(seen).toEqual(['good']);
  });
});

describe('an async receive', () => {
  const asynchronous = (seen: number[], wait: () => Promise<void>) =>
    scripted<number>({
      receive: async (n) => {
        await wait();
        seen.push(n);
      },
    });

  it('goes on without a turn of the event loop per message when nothing has to be waited for', async () => {
    const stage = new Stage();
    const seen: number[] = [];
    const actor = stage.system.spawn<number>({ create: asynchronous(seen, () => Promise.resolve()) });
    for (const n of [1, 2, 3]) actor.tell(n);
    stage.turn();
    await macrotask();
    expect(seen).toEqual([1, 2, 3]);
    expect(stage.turn()).toBe(false);
  });

  it('does so only until the budget is spent', async () => {
    const stage = new Stage({ budgetMs: 10 });
    const seen: number[] = [];
    const wait = (): Promise<void> => Promise.resolve(stage.clock.advance(5));
    const actor = stage.system.spawn<number>({ create: asynchronous(seen, wait) });
    for (const n of [1, 2, 3, 4]) actor.tell(n);
    stage.turn();
    await macrotask();
    expect(seen).toEqual([1, 2]);
    stage.turn();
    await macrotask();
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('waits for the end of the turn that brought its I/O, with all else that this turn brings', async () => {
    const stage = new Stage();
    const gate = new Gate();
    const batches: number[][] = [];
    const receive = async (n: number, context: ActorContext<number>): Promise<void> => {
      batches.push([n, ...context.takeAll()]);
      await gate.passed;
    };
    const actor = stage.system.spawn<number>({ create: scripted({ receive }) });
    actor.tell(1);
    stage.turn();
    await macrotask();
    actor.tell(2);
    gate.open();
    await macrotask();
    actor.tell(3);
    expect(batches).toEqual([[1]]);
    stage.turn();
    expect(batches).toEqual([[1], [2, 3]]);
  });
});
