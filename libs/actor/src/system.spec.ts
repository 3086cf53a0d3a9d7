import { describe, expect, it, jest } from '@jest/globals';
import { Actor, ActorSystem, type ActorContext, type ActorRef, type ReplyTo } from '#actor';
import { eventually } from '#testing';
import { FREELY, Gate, scripted, Stage } from './stage.suite.js';

class Echo extends Actor<{ readonly text: string; readonly replyTo: ReplyTo<string> }> {
  receive({ text, replyTo }: { readonly text: string; readonly replyTo: ReplyTo<string> }): void {
    replyTo.tell(text);
  }
}

describe('an actor system', () => {
  it('runs on the real event loop and clock', async () => {
    const system = new ActorSystem();
    const echo = system.spawn({ create: () => new Echo() });
    expect(await echo.ask<string>((replyTo) => ({ text: 'hi', replyTo }), 1000)).toBe('hi');
    const kind = system.register({ kind: 'echo', create: () => new Echo(), idleMs: 8 });
    expect(await kind.ask<string>('a', (replyTo) => ({ text: 'ho', replyTo }), 1000)).toBe('ho');
    await eventually(() => expect(kind.size).toBe(0));
    await system.stop();
  });

  it('knows one kind by one name', () => {
    const { system } = new Stage();
    system.register({ kind: 'k', create: scripted({}) });
    expect(() => system.register({ kind: 'k', create: scripted({}) })).toThrow(
      'the actor kind "k" is registered already',
    );
  });

  it('says how much there is of what', async () => {
    const stage = new Stage();
    const kind = stage.system.register<string>({ kind: 'k', create: scripted({}) });
    const actor = stage.system.spawn<string>({ create: scripted({}) });
    kind.tell('a', 'x');
    expect(stage.system.stats()).toEqual({ spawned: 1, virtual: { k: 1 }, runnable: 2, deadLetters: 0 });
    await stage.settle();
    actor.stop();
    actor.tell('x');
    await stage.settle();
    expect(stage.system.stats()).toEqual({ spawned: 0, virtual: { k: 1 }, runnable: 0, deadLetters: 1 });
  });

  it('writes failures to the console where nobody else is told', async () => {
    const error = jest.spyOn(console, 'error').mockImplementation(() => {});
    const system = new ActorSystem();
    const receive = (): never => {
      throw new Error('boom');
    };
    system.spawn<string>({ create: scripted({ receive }) }, 'a').tell('x');
    await eventually(() => expect(error).toHaveBeenCalledWith('actor a failed (restart):', new Error('boom')));
    error.mockRestore();
    await system.stop();
  });
});

describe('stop', () => {
  it('stops all and waits for the last stopped()', async () => {
    const stage = new Stage();
    const log: string[] = [];
    const gates = [new Gate(), new Gate()];
    const receive = async (): Promise<void> => {
      await gates[0]!.passed;
      log.push('handled');
    };
    const stopped = async ({ key }: ActorContext<string>): Promise<void> => {
      await gates[1]!.passed;
      log.push(`${key} stopped`);
    };
    const kind = stage.system.register<string>({ kind: 'k', create: scripted({ receive, stopped }) });
    stage.system.spawn({ create: scripted({ stopped }) }, 'spawned');
    for (const message of ['in hand', 'waits']) kind.tell('virtual', message);
    await stage.settle();
    let done = false;
    const stopping = stage.system.stop().then(() => (done = true));
    for (const gate of gates) {
      await stage.settle();
      expect(done).toBe(false);
      gate.open();
    }
    await stage.settle();
    await stopping;
    expect(log).toEqual(['handled', 'spawned stopped', 'virtual stopped']);
    expect(stage.lost).toEqual(['waits']);
  });

  it('is over at once where nothing runs, and may be called any number of times', async () => {
    const { system } = new Stage();
    expect(system.stop()).toBe(system.stop());
    await system.stop();
  });

  it('leaves no timer, whatever was going on', async () => {
    const stage = new Stage();
    const boom = (): never => {
      throw new Error('boom');
    };
    const supervision = { ...FREELY, backoffMs: 1000, maxBackoffMs: 1000 };
    const kind = stage.system.register<string>({ kind: 'k', create: scripted({ receive: boom }), supervision });
    kind.tell('backs off', 'x');
    const started = (context: ActorContext<string>): void => context.startPeriodicTimer('t', 10, 'tick');
    stage.system.spawn<string>({ create: scripted({ started }) });
    await stage.settle();
    expect(stage.clock.pending).toBeGreaterThan(2);
    await stage.stop();
    expect(stage.clock.pending).toBe(0);
  });

  it('is the end: what is told, spawned or registered later is dead', async () => {
    const stage = new Stage();
    const kind = stage.system.register<string>({ kind: 'k', create: scripted({}) });
    await stage.stop();
    expect(kind.tell('a', 'x')).toBe('dead');
    expect(kind.ref('a').tell('x')).toBe('dead');
    expect(stage.system.spawn<string>({ create: scripted({}) }).tell('x')).toBe('dead');
    expect(stage.system.register<string>({ kind: 'late', create: scripted({}) }).tell('a', 'x')).toBe('dead');
    expect(stage.system.deadLetters.count).toBe(4);
  });
});

describe('children', () => {
  it('are stopped with their parent, before it', async () => {
    const stage = new Stage();
    const log: string[] = [];
    const gate = new Gate();
    const stopped = async ({ key }: ActorContext<string>): Promise<void> => {
      if (key === 'grandchild') await gate.passed;
      log.push(key);
    };
    const below = (key: string, props: object | undefined) => ({
      create: scripted<string>({
        stopped,
        started: (context) => void (props && context.spawn(props as never, key)),
      }),
    });
    const parent = stage.system.spawn(below('child', below('grandchild', below('', undefined))), 'parent');
    await stage.settle();
    parent.stop();
    await stage.settle();
    expect(log).toEqual([]);
    gate.open();
    await stage.settle();
    expect(log).toEqual(['grandchild', 'child', 'parent']);
  });

  it('are stopped when their parent restarts, before the new instance starts', async () => {
    const stage = new Stage();
    const log: string[] = [];
    const gate = new Gate();
    const child = scripted<string>({
      started: () => void log.push('child started'),
      stopped: async () => {
        await gate.passed;
        log.push('child stopped');
      },
    });
    const parent = stage.system.spawn<string>({
      create: scripted({
        started: (context) => {
          log.push('started');
          context.spawn({ create: child });
        },
        receive: () => Promise.reject(new Error('boom')),
      }),
      supervision: FREELY,
    });
    parent.tell('x');
    await stage.settle();
    expect(log).toEqual(['started', 'child started']);
    gate.open();
    await stage.settle();
    expect(log.slice(2)).toEqual(['child stopped', 'started', 'child started']);
  });

  it('that end by themselves leave their parent alone', async () => {
    const stage = new Stage();
    const children: ActorRef<string>[] = [];
    const started = (context: ActorContext<string>): void =>
      void children.push(context.spawn({ create: scripted({}) }));
    const seen: string[] = [];
    const create = scripted<string>({ started, receive: (message) => void seen.push(message) });
    const parent = stage.system.spawn<string>({ create });
    await stage.settle();
    children[0]!.stop();
    await stage.settle();
    parent.tell('x');
    await stage.settle();
    expect(seen).toEqual(['x']);
  });

  it('cannot be begun by one that ends', async () => {
    const stage = new Stage();
    const results: string[] = [];
    const stopped = (context: ActorContext<string>): void =>
      void results.push(context.spawn<string>({ create: scripted({}) }).tell('x'));
    stage.system.spawn({ create: scripted({ stopped }) });
    await stage.settle();
    await stage.stop();
    expect(results).toEqual(['dead']);
  });
});

describe('dead letters', () => {
  it('are counted, and shown to whoever subscribes until the subscription ends', () => {
    const { system } = new Stage();
    const seen: unknown[] = [];
    const unsubscribe = system.deadLetters.subscribe((letter) => seen.push(letter));
    const actor = system.spawn<string>({ create: scripted({}) }, 'a');
    actor.stop();
    actor.tell('x');
    unsubscribe();
    actor.tell('y');
    expect(seen).toEqual([{ path: 'a', message: 'x', reason: 'stopped' }]);
    expect(system.deadLetters.count).toBe(2);
  });
});

describe('middleware', () => {
  it('sees activations, messages, failures, overflow and ends, in order', async () => {
    const log: string[] = [];
    const note = (what: string) => (actor: ActorRef<never>, message?: unknown) =>
      void log.push([what, actor.path, message].filter(Boolean).join(' '));
    const stage = new Stage({
      middleware: [
        {
          activated: note('activated'),
          ended: note('ended'),
          receiving: note('receiving'),
          received: note('received'),
          overflowed: note('overflowed'),
          failed: ({ path, directive }) => void log.push(`failed ${path} ${directive}`),
        },
        { received: note('and') },
      ],
    });
    const gate = new Gate();
    const receive = (message: string): Promise<void> | void => {
      if (message === 'boom') throw new Error(message);
      if (message === 'slow') return gate.passed;
    };
    const create = scripted<string>({ receive });
    const kind = stage.system.register<string>({
      kind: 'k',
      create,
      mailboxCapacity: 2,
      supervision: FREELY,
      idleMs: 80,
    });
    for (const message of ['slow', 'boom', 'too much']) kind.tell('a', message);
    await stage.settle();
    log.push('—');
    gate.open();
    await stage.advance(200);
    expect(log).toEqual([
      'overflowed k/a too much',
      'activated k/a',
      'receiving k/a slow',
      '—',
      'received k/a slow',
      'and k/a slow',
      'receiving k/a boom',
      'failed k/a restart',
      'received k/a boom',
      'and k/a boom',
      'activated k/a',
      'ended k/a',
    ]);
  });
});
