import { describe, expect, it } from '@jest/globals';
import type { ActorContext, ActorRef, Supervision } from '#actor';
import { always, FREELY, Gate, scripted, Stage } from './stage.suite.js';

type Message = string | ((context: ActorContext<string>) => void | Promise<void>);

/** A system with one watcher, which notes what it gets. */
class Watching {
  readonly stage = new Stage();
  readonly seen: string[] = [];
  readonly watcher: ActorRef<Message>;

  constructor() {
    const receive = (message: Message, context: ActorContext<Message>): void | Promise<void> => {
      if (typeof message === 'string') this.seen.push(message);
      else return message(context as ActorContext<string>);
    };
    this.watcher = this.stage.system.spawn<Message>({
      create: scripted({ receive }),
      mailboxCapacity: 1,
      supervision: FREELY,
    });
  }

  async do(what: (context: ActorContext<string>) => void | Promise<void>): Promise<void> {
    this.watcher.tell(what);
    await this.stage.settle();
  }

  other(supervision?: Supervision): ActorRef<string> {
    const receive = (message: string): void => {
      if (message === 'boom') throw new Error(message);
    };
    return this.stage.system.spawn<string>({ create: scripted({ receive }), ...(supervision && { supervision }) });
  }
}

describe('a watcher is told once that the other has stopped', () => {
  it('when it is stopped', async () => {
    const watching = new Watching();
    const other = watching.other();
    await watching.do((context) => context.watch(other, 'gone'));
    expect(watching.seen).toEqual([]);
    other.stop();
    await watching.stage.settle();
    expect(watching.seen).toEqual(['gone']);
  });

  it('when it failed; but not when it was restarted', async () => {
    const watching = new Watching();
    const [stops, restarts] = [watching.other(always('stop')), watching.other(FREELY)];
    await watching.do((context) => {
      context.watch(stops, 'stopped');
      context.watch(restarts, 'restarted');
    });
    stops.tell('boom');
    restarts.tell('boom');
    await watching.stage.settle();
    expect(watching.seen).toEqual(['stopped']);
    restarts.stop();
    await watching.stage.settle();
    expect(watching.seen).toEqual(['stopped', 'restarted']);
  });

  it('at once when it had stopped before', async () => {
    const watching = new Watching();
    const other = watching.other();
    other.stop();
    await watching.stage.settle();
    await watching.do((context) => context.watch(other, 'gone'));
    expect(watching.seen).toEqual(['gone']);
  });

  it('only after its stopped() is done', async () => {
    const watching = new Watching();
    const gate = new Gate();
    const other = watching.stage.system.spawn({ create: scripted({ stopped: () => gate.passed }) });
    await watching.do((context) => context.watch(other, 'gone'));
    other.stop();
    await watching.stage.settle();
    expect(watching.seen).toEqual([]);
    gate.open();
    await watching.stage.settle();
    expect(watching.seen).toEqual(['gone']);
  });

  it('even when its own mailbox is full', async () => {
    const watching = new Watching();
    const gate = new Gate();
    const other = watching.other();
    await watching.do((context) => context.watch(other, 'gone'));
    await watching.do(() => gate.passed);
    watching.watcher.tell('x');
    expect(watching.watcher.tell('y')).toBe('full');
    other.stop();
    await watching.stage.settle();
    gate.open();
    await watching.stage.settle();
    expect(watching.seen).toEqual(['gone', 'x']);
  });

  it('with the last message that was given, when it watches twice', async () => {
    const watching = new Watching();
    const other = watching.other();
    await watching.do((context) => context.watch(other, 'first'));
    await watching.do((context) => context.watch(other, 'second'));
    other.stop();
    await watching.stage.settle();
    expect(watching.seen).toEqual(['second']);
  });

  it('when a virtual actor is passivated; through any of its refs', async () => {
    const watching = new Watching();
    const kind = watching.stage.system.register<string>({ kind: 'k', create: scripted({}), idleMs: 100 });
    const before = kind.ref('a');
    await watching.do((context) => context.watch(before, 'not active'));
    kind.tell('a', 'x');
    await watching.do((context) => context.watch(before, 'unwatched'));
    await watching.do((context) => context.unwatch(kind.ref('a')));
    await watching.do((context) => context.watch(kind.ref('a'), 'passivated'));
    await watching.stage.advance(1000);
    expect(watching.seen).toEqual(['not active', 'passivated']);
  });
});

describe('a watcher is not told', () => {
  it('after unwatch', async () => {
    const watching = new Watching();
    const other = watching.other();
    await watching.do((context) => context.watch(other, 'gone'));
    await watching.do((context) => context.unwatch(other));
    other.stop();
    await watching.stage.settle();
    expect(watching.seen).toEqual([]);
  });

  it('after an unwatch that comes when the other has stopped, but the notice is not handled yet', async () => {
    const watching = new Watching();
    const gate = new Gate();
    const other = watching.other();
    await watching.do((context) => context.watch(other, 'stale'));
    await watching.do(async (context) => {
      await gate.passed;
      context.unwatch(other);
    });
    other.stop();
    await watching.stage.settle();
    gate.open();
    await watching.stage.settle();
    expect(watching.seen).toEqual([]);
  });

  it('what the instance before its restart watched', async () => {
    const watching = new Watching();
    const other = watching.other();
    await watching.do((context) => context.watch(other, 'gone'));
    await watching.do(() => {
      throw new Error('boom');
    });
    other.stop();
    await watching.stage.settle();
    expect(watching.seen).toEqual([]);
  });
});

it('only refs of an actor system can be watched', async () => {
  const watching = new Watching();
  const foreign = { path: 'elsewhere' } as ActorRef<never>;
  await watching.do((context) => context.watch(foreign, 'gone'));
  expect(watching.stage.failures[0]?.error).toEqual(
    new TypeError('only refs of an actor system can be watched, not elsewhere'),
  );
});
