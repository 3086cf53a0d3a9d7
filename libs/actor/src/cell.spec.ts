import { describe, expect, it } from '@jest/globals';
import type { ActorContext } from '#actor';
import { Gate, scripted, Stage } from './stage.suite.js';

const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('an actor', () => {
  it('handles messages in the order they were told, in a later turn', async () => {
    const stage = new Stage();
    const seen: number[] = [];
    const actor = stage.system.spawn<number>({ create: scripted({ receive: (n) => void seen.push(n) }) });
    for (const n of numbers(500)) expect(actor.tell(n)).toBe('ok');
    expect(seen).toEqual([]);
    stage.turn();
    expect(seen).toEqual(numbers(500));
  });

  it('does not begin a message before an async receive is done with the last', async () => {
    const stage = new Stage();
    const log: string[] = [];
    const gates = [new Gate(), new Gate()];
    const receive = async (n: number): Promise<void> => {
      log.push(`begin ${n}`);
      await gates[n]!.passed;
      log.push(`end ${n}`);
    };
    const actor = stage.system.spawn<number>({ create: scripted({ receive }) });
    actor.tell(0);
    actor.tell(1);
    await stage.settle();
    gates[1]!.open();
    await stage.settle();
    expect(log).toEqual(['begin 0']);
    gates[0]!.open();
    await stage.settle();
    expect(log).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1']);
  });

  it('handles nothing before an async started() is done', async () => {
    const stage = new Stage();
    const gate = new Gate();
    const seen: number[] = [];
    const script = { started: () => gate.passed, receive: (n: number) => void seen.push(n) };
    const actor = stage.system.spawn<number>({ create: scripted(script) });
    actor.tell(1);
    await stage.settle();
    expect(seen).toEqual([]);
    gate.open();
    await stage.settle();
    expect(seen).toEqual([1]);
  });

  it('handles what it tells itself after what waits', () => {
    const stage = new Stage();
    const seen: number[] = [];
    const receive = (n: number, context: ActorContext<number>): void => {
      seen.push(n);
      if (n < 10) context.self.tell(n + 10);
    };
    const actor = stage.system.spawn<number>({ create: scripted({ receive }) });
    for (const n of [1, 2, 3]) actor.tell(n);
    stage.turn();
    expect(seen).toEqual([1, 2, 3, 11, 12, 13]);
  });

  it('says what its key and path are', () => {
    const { system } = new Stage();
    const seen: string[] = [];
    const child = scripted<void>({ started: ({ key, self }) => void seen.push(key, self.path) });
    const parent = system.spawn<void>(
      { create: scripted({ started: (c) => void c.spawn({ create: child }, 'b') }) },
      'a',
    );
    expect(parent.path).toBe('a');
    expect(system.spawn({ create: child }).path).toMatch(/^\$\d+$/);
    expect(system.register({ kind: 'k', create: child }).ref('x').path).toBe('k/x');
  });
});

describe('a bounded mailbox', () => {
  it('refuses what is too much, and says so', () => {
    const overflowed: unknown[] = [];
    const stage = new Stage({ middleware: [{ overflowed: (_, message) => void overflowed.push(message) }] });
    const seen: number[] = [];
    const create = scripted<number>({ receive: (n) => void seen.push(n) });
    const actor = stage.system.spawn<number>({ create, mailboxCapacity: 3 });
    expect(numbers(5).map((n) => actor.tell(n))).toEqual(['ok', 'ok', 'ok', 'full', 'full']);
    stage.turn();
    expect(actor.tell(5)).toBe('ok');
    stage.turn();
    expect(seen).toEqual([0, 1, 2, 5]);
    expect(overflowed).toEqual([3, 4]);
    expect(stage.lost).toEqual([]);
  });

  it('has room for 1,000 where nothing else is said, the one in hand not counted', async () => {
    const stage = new Stage();
    const gate = new Gate();
    const actor = stage.system.spawn<number>({ create: scripted({ receive: () => gate.passed }) });
    actor.tell(-1);
    await stage.settle();
    expect(numbers(1001).filter((n) => actor.tell(n) === 'full')).toEqual([1000]);
  });

  it('must hold at least one message', () => {
    const { system } = new Stage();
    const props = { create: scripted({}), mailboxCapacity: 0 };
    expect(() => system.spawn(props)).toThrow('mailboxCapacity must be a positive integer, not 0');
    expect(() => system.register({ ...props, kind: 'k' })).toThrow('mailboxCapacity must be a positive integer, not 0');
  });
});

describe('takeAll', () => {
  it('takes what waits, in order, and leaves nothing', () => {
    const stage = new Stage();
    const batches: number[][] = [];
    const create = scripted<number>({ receive: (n, context) => void batches.push([n, ...context.takeAll()]) });
    const actor = stage.system.spawn<number>({ create });
    for (const n of numbers(100)) actor.tell(n);
    stage.turn();
    for (const n of numbers(3, 100)) actor.tell(n);
    stage.turn();
    expect(batches).toEqual([numbers(100), numbers(3, 100)]);
  });

  it('takes what came during an async receive', async () => {
    const stage = new Stage();
    const gate = new Gate();
    const batches: number[][] = [];
    const receive = async (n: number, context: ActorContext<number>): Promise<void> => {
      await gate.passed;
      batches.push([n, ...context.takeAll()]);
    };
    const actor = stage.system.spawn<number>({ create: scripted({ receive }) });
    actor.tell(0);
    await stage.settle();
    actor.tell(1);
    actor.tell(2);
    gate.open();
    await stage.settle();
    expect(batches).toEqual([[0, 1, 2]]);
  });
});

describe('the stash', () => {
  it('gives messages back before those that wait, in order', () => {
    const stage = new Stage();
    const seen: string[] = [];
    let open = false;
    const receive = (message: string, context: ActorContext<string>): void => {
      if (message === 'open') {
        open = true;
        context.unstashAll();
      } else if (open) seen.push(message);
      else context.stash();
    };
    const actor = stage.system.spawn<string>({ create: scripted({ receive }) });
    for (const message of ['a', 'b', 'open', 'c']) actor.tell(message);
    stage.turn();
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('is as large as the mailbox', () => {
    const stage = new Stage();
    const results: boolean[] = [];
    const create = scripted<string>({ receive: (_, context) => void results.push(context.stash()) });
    const actor = stage.system.spawn<string>({ create, mailboxCapacity: 2 });
    for (const message of ['a', 'b', 'c']) {
      actor.tell(message);
      stage.turn();
    }
    expect(results).toEqual([true, true, false]);
  });

  it('takes the message in hand once', () => {
    const stage = new Stage();
    const results: boolean[] = [];
    const receive = (_: string, context: ActorContext<string>): void =>
      void results.push(context.stash(), context.stash());
    stage.system.spawn<string>({ create: scripted({ receive }) }).tell('a');
    stage.turn();
    expect(results).toEqual([true, false]);
  });
});

describe('between messages', () => {
  it('there is nothing to stash, and what was stashed can be given back', async () => {
    const stage = new Stage();
    const seen: string[] = [];
    let kept!: ActorContext<string>;
    const receive = (message: string, context: ActorContext<string>): void => {
      kept = context;
      if (seen.length > 0 || !context.stash()) seen.push(message);
      else seen.push('stashed');
    };
    stage.system.spawn<string>({ create: scripted({ receive }) }).tell('a');
    await stage.settle();
    expect(kept.stash()).toBe(false);
    kept.unstashAll();
    await stage.settle();
    expect(seen).toEqual(['stashed', 'a']);
    expect(kept.stash()).toBe(false);
  });
});

describe('an actor that is stopped', () => {
  it('finishes the message in hand, then runs stopped(); what waits becomes dead letters', async () => {
    const stage = new Stage();
    const log: string[] = [];
    const gate = new Gate();
    const receive = async (n: number): Promise<void> => {
      await gate.passed;
      log.push(`done ${n}`);
    };
    const create = scripted<number>({ receive, stopped: () => void log.push('stopped') });
    const actor = stage.system.spawn<number>({ create }, 'a');
    for (const n of [1, 2, 3]) actor.tell(n);
    await stage.settle();
    actor.stop();
    expect(actor.tell(4)).toBe('dead');
    await stage.settle();
    expect(log).toEqual([]);
    gate.open();
    await stage.settle();
    expect(log).toEqual(['done 1', 'stopped']);
    expect(stage.letters).toEqual([2, 3, 4].map((message) => ({ path: 'a', message, reason: 'stopped' })));
  });

  it('may stop itself', () => {
    const stage = new Stage();
    const seen: (number | string)[] = [];
    const receive = (n: number, context: ActorContext<number>): void => {
      context.stop();
      seen.push(n);
    };
    const create = scripted<number>({ receive, stopped: () => void seen.push('stopped') });
    const actor = stage.system.spawn<number>({ create });
    actor.tell(1);
    actor.tell(2);
    stage.turn();
    expect(seen).toEqual([1, 'stopped']);
    expect(stage.lost).toEqual([2]);
    expect(actor.tell(3)).toBe('dead');
    expect(stage.system.stats().spawned).toBe(0);
  });

  it('ends before it has begun without making an instance', () => {
    const stage = new Stage();
    let made = 0;
    const actor = stage.system.spawn<number>({ create: () => (made++, scripted<number>({})()) });
    actor.tell(1);
    actor.stop();
    actor.stop();
    stage.turn();
    expect([made, stage.lost, stage.system.stats().spawned]).toEqual([0, [1], 0]);
  });

  it('reports what stopped() throws, or rejects with, and is gone all the same', async () => {
    const stage = new Stage();
    const sync = scripted({
      stopped: () => {
        throw new Error('sync');
      },
    });
    const asynchronous = scripted({ stopped: () => Promise.reject(new Error('async')) });
    stage.system.spawn({ create: sync }, 'sync');
    stage.system.spawn({ create: asynchronous }, 'async');
    await stage.settle();
    await stage.stop();
    expect(stage.failures.map(({ path, directive }) => [path, directive])).toEqual([
      ['sync', 'ignored'],
      ['async', 'ignored'],
    ]);
  });

  it('buries what it stashes after that', () => {
    const stage = new Stage();
    const receive = (_: number, context: ActorContext<number>): void => {
      context.stop();
      context.stash();
    };
    stage.system.spawn<number>({ create: scripted({ receive }) }).tell(1);
    stage.turn();
    expect(stage.lost).toEqual([1]);
  });

  it('buries what it had stashed', () => {
    const stage = new Stage();
    const create = scripted<number>({ receive: (_, context) => void context.stash() });
    const actor = stage.system.spawn<number>({ create });
    actor.tell(1);
    stage.turn();
    actor.stop();
    stage.turn();
    expect(stage.lost).toEqual([1]);
  });
});
