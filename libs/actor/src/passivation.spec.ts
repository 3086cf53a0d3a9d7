import { describe, expect, it } from '@jest/globals';
import type { ActorContext } from '#actor';
import { Activations, IDLE_MS } from './activations.suite.js';
import { Gate, scripted, type Script } from './stage.suite.js';

/** At the latest then: idleness is measured in eighths. */
const SURELY_IDLE_MS = IDLE_MS + IDLE_MS / 8 + 1;

describe('a virtual actor', () => {
  it('is activated by the first message, one per key', async () => {
    const { kind, stage, log } = new Activations();
    expect(kind.size).toBe(0);
    for (const [key, message] of [
      ['a', 'x'],
      ['b', 'y'],
      ['a', 'z'],
    ] as const)
      kind.tell(key, message);
    expect(kind.size).toBe(2);
    await stage.settle();
    expect(log).toEqual(['1 x', '1 z', '2 y']);
    expect(stage.system.stats().virtual).toEqual({ k: 2 });
  });

  it('is passivated after idleMs without a message, and activated again by the next', async () => {
    const { kind, stage, log } = new Activations();
    kind.tell('a', 'x');
    await stage.settle();
    await stage.advance(IDLE_MS);
    expect(kind.size).toBe(1);
    await stage.advance(SURELY_IDLE_MS - IDLE_MS);
    expect(kind.size).toBe(0);
    kind.tell('a', 'y');
    await stage.settle();
    expect(log).toEqual(['1 x', '1 stopped', '2 y']);
  });

  it('is kept by messages, and passivated idleMs after the last', async () => {
    const { kind, stage, log } = new Activations();
    for (let n = 0; n < 10; n++) {
      kind.tell('a', 'x');
      await stage.advance(IDLE_MS - 1);
    }
    expect(log).toEqual(Array.from({ length: 10 }, () => '1 x'));
    await stage.advance(IDLE_MS / 8 + 2);
    expect(log.at(-1)).toBe('1 stopped');
  });

  it('is not kept by messages that keep it idle', async () => {
    const { kind, stage, log } = new Activations({}, { keepsIdle: (message) => message === 'tick' });
    kind.tell('a', 'x');
    for (let n = 0; n < 12; n++) {
      await stage.advance(IDLE_MS / 10);
      kind.tell('a', 'tick');
    }
    await stage.settle();
    expect(log.filter((line) => line === '1 stopped')).toHaveLength(1);
    expect(log).toContain('2 tick');
  });

  it('is never passivated with idleMs 0', async () => {
    const { kind, stage } = new Activations({}, { idleMs: 0 });
    kind.tell('a', 'x');
    await stage.advance(10_000_000);
    expect([kind.size, stage.clock.pending]).toEqual([1, 0]);
  });

  it('costs no timer of its own, and none is left when all are passivated', async () => {
    const { kind, stage } = new Activations();
    for (let n = 0; n < 1000; n++) kind.tell(`${n}`, 'x');
    await stage.settle();
    expect(stage.clock.pending).toBe(1);
    await stage.advance(2 * SURELY_IDLE_MS);
    expect([kind.size, stage.clock.pending]).toEqual([0, 0]);
  });
});

describe('an actor that something is to come for is not passivated', () => {
  it('a long async receive', async () => {
    const gate = new Gate();
    const { kind, stage, log } = new Activations({ receive: () => gate.passed });
    kind.tell('a', 'x');
    await stage.advance(3 * SURELY_IDLE_MS);
    gate.open();
    await stage.settle();
    expect(log).toEqual(['1 x']);
    // Its idleness begins when it is done.
    await stage.advance(IDLE_MS);
    expect(kind.size).toBe(1);
    await stage.advance(SURELY_IDLE_MS);
    expect(kind.size).toBe(0);
  });

  it('a stash', async () => {
    const { kind, stage } = new Activations({ receive: (_, context) => void context.stash() });
    kind.tell('a', 'x');
    await stage.advance(3 * SURELY_IDLE_MS);
    expect([kind.size, stage.lost]).toEqual([1, []]);
  });

  it('a timer, unless its message keeps it idle', async () => {
    const receive = (message: string, context: ActorContext<string>): void => {
      if (message !== 'tick') context.startTimer('t', 5 * IDLE_MS, message === 'kept' ? 'fired' : 'tick');
    };
    const { kind, stage, log } = new Activations({ receive }, { keepsIdle: (message) => message === 'tick' });
    kind.tell('a', 'kept');
    kind.tell('b', 'not kept');
    await stage.advance(2 * SURELY_IDLE_MS);
    expect(log).toEqual(['1 kept', '2 not kept', '2 stopped']);
    await stage.advance(5 * IDLE_MS);
    expect(log).toContain('1 fired');
  });
});

describe('a message that races with passivation', () => {
  const idle = async (script: Script<string> = {}): Promise<Activations> => {
    const activations = new Activations(script);
    activations.kind.tell('a', 'x');
    await activations.stage.settle();
    return activations;
  };

  it('after the sweep has asked, before the actor had its turn: the instance stays', async () => {
    const { kind, stage, log } = await idle();
    stage.clock.advance(SURELY_IDLE_MS);
    expect(kind.tell('a', 'y')).toBe('ok');
    await stage.settle();
    expect(log).toEqual(['1 x', '1 y']);
    await stage.advance(2 * SURELY_IDLE_MS);
    expect(log.at(-1)).toBe('1 stopped');
  });

  it('while an async stopped() runs: for the next activation, which begins after it', async () => {
    const gate = new Gate();
    const { kind, stage, log } = await idle({ stopped: () => gate.passed });
    await stage.advance(SURELY_IDLE_MS);
    expect(['y', 'z'].map((message) => kind.tell('a', message))).toEqual(['ok', 'ok']);
    await stage.settle();
    expect(log).toEqual(['1 x']);
    gate.open();
    await stage.settle();
    expect(log).toEqual(['1 x', '1 stopped', '2 y', '2 z']);
    expect([kind.size, stage.lost]).toEqual([1, []]);
  });

  it('while an async stopped() runs, more than the mailbox holds: refused, not lost', async () => {
    const gate = new Gate();
    const { kind, stage, log } = new Activations({ stopped: () => gate.passed }, { mailboxCapacity: 2 });
    kind.tell('a', 'x');
    await stage.settle();
    await stage.advance(SURELY_IDLE_MS);
    expect([1, 2, 3].map((n) => kind.tell('a', `${n}`))).toEqual(['ok', 'ok', 'full']);
    gate.open();
    await stage.settle();
    expect(log).toEqual(['1 x', '1 stopped', '2 1', '2 2']);
  });

  it('told by stopped() itself', async () => {
    let told = 0;
    const stopped = ({ self }: ActorContext<string>): void => void (told++ === 0 && self.tell('from stopped'));
    const { stage, log } = await idle({ stopped });
    await stage.advance(SURELY_IDLE_MS);
    expect(log).toEqual(['1 x', '1 stopped', '2 from stopped']);
  });

  it('in the microtask in which stopped() ends', async () => {
    const gate = new Gate();
    const { kind, stage, log } = await idle({ stopped: () => gate.passed });
    await stage.advance(SURELY_IDLE_MS);
    gate.open();
    for (let n = 0; n < 10; n++) {
      await Promise.resolve();
      expect(kind.tell('a', `${n}`)).toBe('ok');
    }
    await stage.settle();
    expect(log.filter((line) => line.endsWith('stopped'))).toEqual(['1 stopped']);
    expect(log.filter((line) => line.startsWith('2'))).toEqual(Array.from({ length: 10 }, (_, n) => `2 ${n}`));
  });

  it('while its children stop', async () => {
    const gate = new Gate();
    const child = scripted<string>({ stopped: () => gate.passed });
    const { kind, stage, log } = await idle({ started: (context) => void context.spawn({ create: child }) });
    await stage.advance(SURELY_IDLE_MS);
    kind.tell('a', 'y');
    await stage.settle();
    expect(log).toEqual(['1 x']);
    gate.open();
    await stage.settle();
    expect(log).toEqual(['1 x', '1 stopped', '2 y']);
  });

  it('through the ref of an activation that is gone', async () => {
    const refs: { tell(message: string): string; stop(): void }[] = [];
    const { kind, stage, log } = await idle({ started: (context) => void refs.push(context.self) });
    refs.push(kind.ref('a'));
    await stage.advance(SURELY_IDLE_MS);
    expect(refs.map((ref) => ref.tell('y'))).toEqual(['ok', 'ok']);
    await stage.settle();
    expect(log).toEqual(['1 x', '1 stopped', '2 y', '2 y']);
    refs[0]!.stop();
    await stage.settle();
    expect(kind.size).toBe(0);
  });

  it('when it was stopped, not passivated: what waited is buried, what comes later is for the next activation', async () => {
    const gate = new Gate();
    const { kind, stage, log } = await idle({ receive: (m) => (m === 'slow' ? gate.passed : undefined) });
    kind.tell('a', 'slow');
    kind.tell('a', 'waits');
    await stage.settle();
    kind.ref('a').stop();
    kind.tell('a', 'later');
    gate.open();
    await stage.settle();
    expect(log).toEqual(['1 x', '1 slow', '1 stopped', '2 later']);
    expect(stage.lost).toEqual(['waits']);
  });

  it('while the system stops: refused', async () => {
    const gate = new Gate();
    const { kind, stage, log } = await idle({ stopped: () => gate.passed });
    await stage.advance(SURELY_IDLE_MS);
    kind.tell('a', 'before');
    const stopped = stage.system.stop();
    expect(kind.tell('a', 'after')).toBe('dead');
    gate.open();
    await stage.settle();
    await stopped;
    expect(log).toEqual(['1 x', '1 stopped']);
    expect(new Set(stage.lost)).toEqual(new Set(['before', 'after']));
  });
});
