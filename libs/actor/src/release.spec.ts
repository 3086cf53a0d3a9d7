import { describe, expect, it } from '@jest/globals';
import { Activations } from './activations.suite.js';
import { Gate } from './stage.suite.js';

describe('actors that are released', () => {
  it('end at once where nothing is to be done, and the others stay', async () => {
    const { kind, stage, log } = new Activations();
    for (const key of ['a', 'b', 'c']) kind.tell(key, 'x');
    await stage.settle();
    expect(kind.release((key) => key !== 'b')).toBe(2);
    await stage.settle();
    expect([kind.size, kind.release((key) => key !== 'b')]).toEqual([1, 0]);
    expect(log.slice(3).toSorted()).toEqual(['1 stopped', '3 stopped']);
    kind.tell('a', 'y');
    await stage.settle();
    expect(log.at(-1)).toBe('4 y');
  });

  it('end after what they have in hand and in the mailbox', async () => {
    const gate = new Gate();
    const { kind, stage, log } = new Activations({ receive: () => gate.passed });
    kind.tell('a', 'x');
    kind.tell('a', 'y');
    await stage.settle();
    expect(kind.release(() => true)).toBe(1);
    gate.open();
    await stage.settle();
    expect(kind.release(() => true)).toBe(1);
    await stage.settle();
    expect(log).toEqual(['1 x', '1 y', '1 stopped']);
    expect(kind.release(() => true)).toBe(0);
  });

  it('not while a timer is to bring them something', async () => {
    const { kind, stage, log } = new Activations({
      receive: (message, context) => void (message === 'x' && context.startTimer('t', 100, 'late')),
    });
    kind.tell('a', 'x');
    await stage.settle();
    expect(kind.release(() => true)).toBe(1);
    await stage.advance(100);
    expect(kind.release(() => true)).toBe(1);
    await stage.settle();
    expect(log).toEqual(['1 x', '1 late', '1 stopped']);
  });
});
