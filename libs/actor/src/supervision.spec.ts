import { describe, expect, it } from '@jest/globals';
import { assert, double, integer, property } from 'fast-check';
import { DEFAULT_SUPERVISION, type ActorRef, type Supervision } from '#actor';
import { always, Family, FREELY, Gate, scripted, Stage } from './stage.suite.js';
import { backoff, countRestart } from './supervision.js';

describe.each([
  ['throws', false],
  ['rejects', true],
])('when receive %s', (_, asynchronous) => {
  async function run(supervision: Supervision): Promise<{ stage: Stage; log: string[]; actor: ActorRef<string> }> {
    const stage = new Stage();
    const family = new Family();
    const actor = stage.system.spawn<string>({ create: family.create(asynchronous), supervision }, 'a');
    for (const message of ['x', 'boom', 'y']) actor.tell(message);
    await stage.settle();
    return { stage, log: family.log, actor };
  }

  it('resume keeps the instance and drops the message', async () => {
    const { stage, log } = await run(always('resume'));
    expect(log).toEqual(['1 started', '1 x', '1 y']);
    expect(stage.failures).toEqual([{ path: 'a', error: new Error('boom'), directive: 'resume' }]);
  });

  it('restart makes a new instance with the same mailbox', async () => {
    const { stage, log } = await run(always('restart'));
    expect(log).toEqual(['1 started', '1 x', '1 restarting: boom', '2 started', '2 y']);
    expect(stage.lost).toEqual([]);
  });

  it('stop ends it; what waits becomes dead letters', async () => {
    const { stage, log, actor } = await run(always('stop'));
    expect(log).toEqual(['1 started', '1 x', '1 stopped']);
    expect(stage.lost).toEqual(['y']);
    expect(actor.tell('z')).toBe('dead');
  });

  it('escalate is stop where there is no parent', async () => {
    const { stage, log } = await run(always('escalate'));
    expect(log).toEqual(['1 started', '1 x', '1 stopped']);
    expect(stage.failures.map(({ directive }) => directive)).toEqual(['stop']);
  });

  it('a decide that throws means stop', async () => {
    const decide = (): never => {
      throw new Error('undecided');
    };
    const { log } = await run({ ...FREELY, decide });
    expect(log.at(-1)).toBe('1 stopped');
  });
});

describe('a restart', () => {
  it('comes after a back-off that doubles up to its limit', async () => {
    const stage = new Stage();
    const starts: number[] = [];
    const begin = stage.clock.now();
    const started = (): void => {
      starts.push(stage.clock.now() - begin);
      throw new Error('no');
    };
    const supervision = { ...FREELY, maxRestarts: 5, backoffMs: 100, maxBackoffMs: 500 };
    stage.system.spawn({ create: scripted({ started }), supervision });
    await stage.settle();
    for (let ms = 0; ms < 5000; ms += 100) await stage.advance(100);
    // 0, then 100, 200, 400, 500 and 500 ms later: the sixth failure is one too many.
    expect(starts.map(Math.ceil)).toEqual([0, 100, 300, 700, 1200, 1700]);
    expect(stage.system.stats().spawned).toBe(0);
  });

  it('holds messages back meanwhile, and refuses what is too much', async () => {
    const stage = new Stage();
    const family = new Family();
    const supervision = { ...FREELY, backoffMs: 100, maxBackoffMs: 100 };
    const actor = stage.system.spawn<string>({ create: family.create(), supervision, mailboxCapacity: 2 });
    actor.tell('boom');
    await stage.settle();
    expect(['a', 'b', 'c'].map((message) => actor.tell(message))).toEqual(['ok', 'ok', 'full']);
    await stage.advance(99);
    expect(family.log.at(-1)).toBe('1 restarting: boom');
    await stage.advance(1);
    expect(family.log.slice(-3)).toEqual(['2 started', '2 a', '2 b']);
  });

  it('is one too many only within the window', async () => {
    const stage = new Stage();
    const family = new Family();
    const actor = stage.system.spawn<string>({
      create: family.create(),
      supervision: { ...FREELY, maxRestarts: 2, withinMs: 1000 },
    });
    for (let n = 0; n < 6; n++) {
      actor.tell('boom');
      await stage.advance(500);
    }
    expect(family.log.at(-1)).toBe('7 started');
    for (let n = 0; n < 3; n++) actor.tell('boom');
    await stage.settle();
    expect(family.log.at(-1)).toMatch(/stopped$/);
  });

  it('gives back what was stashed', async () => {
    const stage = new Stage();
    const seen: string[] = [];
    let instance = 0;
    const create = () => {
      const id = ++instance;
      return scripted<string>({
        receive: (message, context) => {
          if (message === 'boom') throw new Error('boom');
          if (id === 1) context.stash();
          else seen.push(message);
        },
      })();
    };
    const actor = stage.system.spawn<string>({ create, supervision: FREELY });
    for (const message of ['a', 'b', 'boom', 'c']) actor.tell(message);
    await stage.settle();
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('waits for an async restarting(), and goes on if that fails', async () => {
    const stage = new Stage();
    const gate = new Gate();
    let instances = 0;
    const create = () => {
      instances++;
      return scripted<string>({ restarting: () => gate.passed, receive: () => Promise.reject(new Error('boom')) })();
    };
    stage.system.spawn<string>({ create, supervision: FREELY }).tell('x');
    await stage.settle();
    expect(instances).toBe(1);
    gate.fail(new Error('restarting'));
    await stage.settle();
    expect(instances).toBe(2);
    expect(stage.failures.map(({ directive }) => directive)).toEqual(['restart', 'ignored']);
  });

  it.each(['before the failure', 'while restarting() runs', 'during the back-off'])(
    'is not made of an actor that was told to stop %s',
    async (when) => {
      const stage = new Stage();
      const [receive, restarting] = [new Gate(), new Gate()];
      const log: string[] = [];
      const create = () => {
        log.push('made');
        return scripted<string>({
          receive: () => receive.passed,
          restarting: () => restarting.passed,
          stopped: () => void log.push('stopped'),
        })();
      };
      const supervision = { ...FREELY, backoffMs: 100, maxBackoffMs: 100 };
      const actor = stage.system.spawn<string>({ create, supervision });
      actor.tell('x');
      await stage.settle();
      if (when === 'before the failure') actor.stop();
      receive.fail(new Error('boom'));
      await stage.settle();
      if (when === 'while restarting() runs') actor.stop();
      restarting.open();
      await stage.settle();
      if (when === 'during the back-off') actor.stop();
      await stage.advance(1000);
      expect(log).toEqual(when === 'before the failure' ? ['made', 'stopped'] : ['made']);
      expect([stage.system.stats().spawned, stage.clock.pending]).toEqual([0, 0]);
    },
  );

  it('comes too when the constructor throws, with the first message kept', async () => {
    const stage = new Stage();
    const seen: string[] = [];
    let attempts = 0;
    const create = () => {
      if (++attempts < 3) throw new Error('constructor');
      return scripted<string>({ receive: (message) => void seen.push(message) })();
    };
    stage.system.register<string>({ kind: 'k', create, supervision: FREELY }).tell('a', 'first');
    await stage.settle();
    expect(seen).toEqual(['first']);
  });

  it('resume is stop for one whose constructor threw', async () => {
    const stage = new Stage();
    const create = (): never => {
      throw new Error('constructor');
    };
    stage.system.spawn({ create, supervision: always('resume') });
    await stage.settle();
    expect(stage.system.stats().spawned).toBe(0);
  });
});

describe('the decision, purely', () => {
  it('counts restarts in a sliding window', () => {
    const limits = { ...DEFAULT_SUPERVISION, maxRestarts: 2, withinMs: 100 };
    expect(countRestart(limits, [], 0)).toEqual([0]);
    expect(countRestart(limits, [0], 99)).toEqual([0, 99]);
    expect(countRestart(limits, [0, 50], 99)).toBeUndefined();
    expect(countRestart(limits, [0, 50], 100)).toEqual([50, 100]);
    expect(countRestart({ ...limits, maxRestarts: 0 }, [], 0)).toBeUndefined();
  });

  it('backs off between half of the step and the whole, never above the limit', () => {
    assert(
      property(integer({ min: 1, max: 100 }), double({ min: 0, max: 0.999, noNaN: true }), (nth, random) => {
        const ms = backoff({ ...DEFAULT_SUPERVISION, backoffMs: 10, maxBackoffMs: 300 }, nth, random);
        const full = Math.min(300, 10 * 2 ** (nth - 1));
        expect(ms).toBeGreaterThanOrEqual(full / 2);
        expect(ms).toBeLessThan(full);
      }),
    );
  });
});
