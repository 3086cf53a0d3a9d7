import { describe, expect, it } from '@jest/globals';
import type { ActorContext, ActorRef } from '#actor';
import { FREELY, Gate, scripted, Stage } from './stage.suite.js';

/** An actor that does what it is told with its timers, and notes the rest. */
class Timed {
  readonly stage = new Stage();
  readonly seen: string[] = [];
  readonly gate = new Gate();
  readonly actor: ActorRef<string | ((context: ActorContext<string>) => void | Promise<void>)>;

  constructor() {
    type Message = string | ((context: ActorContext<string>) => void | Promise<void>);
    const receive = (message: Message, context: ActorContext<Message>): void | Promise<void> => {
      if (typeof message === 'string') this.seen.push(message);
      else return message(context as ActorContext<string>);
    };
    this.actor = this.stage.system.spawn<Message>({
      create: scripted({ receive }),
      supervision: FREELY,
      mailboxCapacity: 2,
    });
  }

  async do(what: (context: ActorContext<string>) => void | Promise<void>): Promise<void> {
    this.actor.tell(what);
    await this.stage.settle();
  }
}

describe('a timer', () => {
  it('delivers its message once, when it is due', async () => {
    const { stage, seen, ...timed } = new Timed();
    timed.actor.tell((context) => context.startTimer('t', 100, 'fired'));
    await stage.settle();
    await stage.advance(99);
    expect(seen).toEqual([]);
    await stage.advance(1);
    await stage.advance(1000);
    expect(seen).toEqual(['fired']);
    expect(stage.clock.pending).toBe(0);
  });

  it('delivers over and over when it is periodic', async () => {
    const timed = new Timed();
    await timed.do((context) => context.startPeriodicTimer('t', 100, 'tick'));
    for (let n = 0; n < 5; n++) await timed.stage.advance(100);
    expect(timed.seen).toEqual(Array.from({ length: 5 }, () => 'tick'));
  });

  it('is replaced by one with the same key, and cancelled by it', async () => {
    const timed = new Timed();
    await timed.do((context) => context.startTimer('t', 100, 'old'));
    await timed.do((context) => context.startTimer('t', 200, 'new'));
    await timed.do((context) => context.startTimer('u', 100, 'cancelled'));
    await timed.do((context) => context.cancelTimer('u'));
    await timed.stage.advance(1000);
    expect(timed.seen).toEqual(['new']);
  });

  it('that has fired but is not handled yet can still be cancelled and replaced', async () => {
    const timed = new Timed();
    await timed.do((context) => {
      context.startTimer('a', 100, 'cancelled');
      context.startTimer('b', 100, 'replaced');
      context.startPeriodicTimer('c', 100, 'periodic');
    });
    timed.actor.tell(async (context) => {
      await timed.gate.passed;
      context.cancelTimer('a');
      context.startTimer('b', 1000, 'new');
      context.cancelTimer('c');
    });
    await timed.stage.advance(100);
    timed.gate.open();
    await timed.stage.settle();
    expect(timed.seen).toEqual([]);
    await timed.stage.advance(1000);
    expect(timed.seen).toEqual(['new']);
  });

  it('is handled before what waits, and is not lost when the mailbox is full', async () => {
    const timed = new Timed();
    await timed.do((context) => context.startTimer('t', 100, 'fired'));
    timed.actor.tell(() => timed.gate.passed);
    await timed.stage.settle();
    expect(['x', 'y', 'z'].map((message) => timed.actor.tell(message))).toEqual(['ok', 'ok', 'full']);
    await timed.stage.advance(100);
    timed.gate.open();
    await timed.stage.settle();
    expect(timed.seen).toEqual(['fired', 'x', 'y']);
  });

  it('that is periodic does not heap up while the actor is busy', async () => {
    const timed = new Timed();
    await timed.do((context) => context.startPeriodicTimer('t', 100, 'tick'));
    timed.actor.tell(() => timed.gate.passed);
    await timed.stage.settle();
    await timed.stage.advance(1000);
    timed.gate.open();
    await timed.stage.settle();
    expect(timed.seen).toEqual(['tick']);
    await timed.stage.advance(100);
    expect(timed.seen).toEqual(['tick', 'tick']);
  });

  it('can be started anew by its own message', async () => {
    const timed = new Timed();
    const again = (context: ActorContext<string>): void => {
      timed.seen.push('again');
      context.startTimer('t', 100, again as never);
    };
    await timed.do(again);
    for (let n = 0; n < 3; n++) await timed.stage.advance(100);
    expect(timed.seen).toHaveLength(4);
  });
});

describe('timers die with their instance', () => {
  const boom = (): void => {
    throw new Error('boom');
  };

  it.each(['stop', 'restart'])('on %s', async (how) => {
    const timed = new Timed();
    await timed.do((context) => {
      context.startTimer('a', 100, 'once');
      context.startPeriodicTimer('b', 100, 'tick');
    });
    if (how === 'stop') timed.actor.stop();
    else timed.actor.tell(boom);
    await timed.stage.settle();
    expect(timed.stage.clock.pending).toBe(0);
    await timed.stage.advance(1000);
    expect(timed.seen).toEqual([]);
  });

  it('even when they had fired already, while the failing message was in hand', async () => {
    const timed = new Timed();
    await timed.do((context) => context.startPeriodicTimer('t', 100, 'stale'));
    timed.actor.tell(() => timed.gate.passed);
    await timed.stage.advance(100);
    timed.gate.fail(new Error('boom'));
    await timed.stage.settle();
    await timed.stage.advance(1000);
    expect([timed.seen, timed.stage.clock.pending]).toEqual([[], 0]);
  });

  it('and none can be started by one that has ended', async () => {
    const timed = new Timed();
    let kept!: ActorContext<string>;
    await timed.do((context) => void (kept = context));
    timed.actor.stop();
    await timed.stage.settle();
    kept.startTimer('t', 100, 'x');
    kept.startPeriodicTimer('u', 100, 'x');
    expect(timed.stage.clock.pending).toBe(0);
  });
});
