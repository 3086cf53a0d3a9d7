import { describe, expect, it } from '@jest/globals';
import { AskTimeoutError, DeadLetterError, MailboxFullError, type ReplyTo } from '#actor';
import { Gate, scripted, Stage } from './stage.suite.js';

interface Question {
  readonly text: string;
  readonly replyTo: ReplyTo<string>;
}

const ask = (text: string) => (replyTo: ReplyTo<string>) => ({ text, replyTo });

/** What a promise has come to, without waiting for it. */
function outcome(promise: Promise<unknown>): { value?: unknown; error?: unknown } {
  const seen: { value?: unknown; error?: unknown } = {};
  promise.then(
    (value) => (seen.value = value),
    (error: unknown) => (seen.error = error),
  );
  return seen;
}

const answering = scripted<Question>({ receive: ({ text, replyTo }) => void replyTo.tell(`${text}!`) });
const silent = scripted<Question>({});

describe('an ask', () => {
  it('resolves with the reply, of spawned and of virtual actors', async () => {
    const stage = new Stage();
    const kind = stage.system.register<Question>({ kind: 'k', create: answering });
    const answers = [
      stage.system.spawn<Question>({ create: answering }).ask<string>(ask('a'), 100),
      kind.ask<string>('x', ask('b'), 100),
      kind.ref('y').ask<string>(ask('c'), 100),
    ].map(outcome);
    await stage.settle();
    expect(answers).toEqual([{ value: 'a!' }, { value: 'b!' }, { value: 'c!' }]);
  });

  it('rejects with what the actor fails it with', async () => {
    const stage = new Stage();
    const create = scripted<Question>({ receive: ({ replyTo }) => void replyTo.fail(new Error('no')) });
    const answer = outcome(stage.system.spawn<Question>({ create }).ask(ask('a'), 100));
    await stage.settle();
    expect(answer.error).toEqual(new Error('no'));
  });

  it('rejects after its timeout, not before', async () => {
    const stage = new Stage();
    const answer = outcome(stage.system.spawn<Question>({ create: silent }, 'mute').ask(ask('a'), 100));
    await stage.advance(99);
    expect(answer).toEqual({});
    await stage.advance(1);
    expect(answer.error).toBeInstanceOf(AskTimeoutError);
    expect(answer.error).toEqual(expect.objectContaining({ message: 'mute did not answer within 100 ms' }));
  });

  it('has its own timeout among others', async () => {
    const stage = new Stage();
    const actor = stage.system.spawn<Question>({ create: silent });
    const done: string[] = [];
    const start = (name: string, ms: number): void => void actor.ask(ask(name), ms).catch(() => done.push(name));
    start('a 300', 300);
    start('b 100', 100);
    await stage.advance(50);
    start('c 100', 100);
    await stage.advance(60);
    expect(done).toEqual(['b 100']);
    await stage.advance(40);
    expect(done).toEqual(['b 100', 'c 100']);
    await stage.advance(150);
    expect(done).toEqual(['b 100', 'c 100', 'a 300']);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, undefined as never])('rejects a timeout of %p', async (ms) => {
    const actor = new Stage().system.spawn<Question>({ create: silent });
    await expect(actor.ask(ask('a'), ms)).rejects.toThrow(RangeError);
  });

  it('rejects at once where the mailbox is full, or the actor gone', async () => {
    const stage = new Stage();
    const gate = new Gate();
    const create = scripted<Question>({ receive: () => gate.passed });
    const actor = stage.system.spawn<Question>({ create, mailboxCapacity: 1 }, 'a');
    void actor.ask(ask('first'), 100).catch(() => {});
    const full = outcome(actor.ask(ask('second'), 100));
    await stage.settle();
    expect(full.error).toEqual(new MailboxFullError('a'));
    actor.stop();
    const dead = outcome(actor.ask(ask('third'), 100));
    await stage.settle();
    expect(dead.error).toEqual(new DeadLetterError('a'));
  });

  it('rejects with what building the message throws', async () => {
    const actor = new Stage().system.spawn<Question>({ create: silent });
    const make = (): never => {
      throw new Error('make');
    };
    await expect(actor.ask(make, 100)).rejects.toThrow('make');
  });

  it('fails when the system stops', async () => {
    const stage = new Stage();
    const answer = outcome(stage.system.spawn<Question>({ create: silent }, 'a').ask(ask('a'), 100));
    await stage.settle();
    await stage.stop();
    await stage.settle();
    expect(answer.error).toEqual(new DeadLetterError('a'));
    expect(stage.clock.pending).toBe(0);
  });
});

describe('a reply that nobody waits for is a dead letter', () => {
  it('after the timeout', async () => {
    const stage = new Stage();
    let kept!: ReplyTo<string>;
    const create = scripted<Question>({ receive: ({ replyTo }) => void (kept = replyTo) });
    const answer = outcome(stage.system.spawn<Question>({ create }, 'late').ask(ask('a'), 100));
    await stage.advance(100);
    expect(kept.tell('too late')).toBe('dead');
    expect(kept.fail(new Error('too late'))).toBe('dead');
    expect(answer.error).toBeInstanceOf(AskTimeoutError);
    expect(stage.letters).toEqual([
      { path: 'late', message: 'too late', reason: 'late' },
      { path: 'late', message: new Error('too late'), reason: 'late' },
    ]);
  });

  it('when it is the second', async () => {
    const stage = new Stage();
    const results: string[] = [];
    const receive = ({ replyTo }: Question): void => void results.push(replyTo.tell('one'), replyTo.tell('two'));
    const answer = outcome(stage.system.spawn<Question>({ create: scripted({ receive }) }).ask(ask('a'), 100));
    await stage.settle();
    expect([answer.value, results, stage.lost]).toEqual(['one', ['ok', 'dead'], ['two']]);
  });
});

describe('asks leave nothing behind', () => {
  it('however many wait, there is one timer for each distinct timeout', async () => {
    const stage = new Stage();
    const actor = stage.system.spawn<Question>({ create: silent, mailboxCapacity: 10_000 });
    for (let n = 0; n < 1000; n++) for (const ms of [100, 200]) void actor.ask(ask('a'), ms).catch(() => {});
    expect(stage.clock.pending).toBe(2);
    await stage.advance(200);
    expect(stage.clock.pending).toBe(0);
  });

  it('and when they are answered, that timer goes too', async () => {
    const stage = new Stage();
    const actor = stage.system.spawn<Question>({ create: answering });
    for (let n = 0; n < 100; n++) {
      void actor.ask(ask('a'), 100);
      await stage.advance(10);
      expect(stage.clock.pending).toBeLessThanOrEqual(1);
    }
    await stage.advance(200);
    expect(stage.clock.pending).toBe(0);
  });
});
