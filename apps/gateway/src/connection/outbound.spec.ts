import { describe, expect, test } from '@jest/globals';
import { Corker } from './corker.js';
import { Outbound } from './outbound.js';
import { Kernel, turn } from '../testing/kernel.js';

function make(limits = { maxMessages: 100, maxBytes: 1_000 }) {
  const kernel = new Kernel({ highWaterMark: 16 * 1024 });
  kernel.on('error', () => undefined);
  const events: (string | number)[] = [];
  const owner = {
    onWritten: (messageId: number) => void events.push(messageId),
    onBlocked: () => void events.push('blocked'),
    onUnblocked: () => void events.push('unblocked'),
  };
  const outbound = new Outbound(kernel, owner, { limits, corker: new Corker() });
  const push = (messageId: number, text = `m${messageId}`): void => outbound.push(Buffer.from(text), messageId);
  return { kernel, events, outbound, push };
}

describe('the way out', () => {
  test('what one turn writes leaves in one write', async () => {
    const { kernel, events, outbound, push } = make();
    push(1);
    push(2);
    outbound.reply(Buffer.from('reply'));
    push(3);
    expect(kernel.writes).toEqual([]);
    await turn();
    expect(kernel.writes).toEqual([['m1', 'm2', 'reply', 'm3']]);
    expect(events).toEqual([3]);
  });

  test('a burst within a turn is no slow reader: it is written, and there is room again', () => {
    const { kernel, outbound, push } = make({ maxMessages: 10, maxBytes: 1_000 });
    for (let n = 1; n <= 100; n++) {
      expect(outbound.hasRoom()).toBe(true);
      push(n);
    }
    expect(kernel.writes).toHaveLength(9);
  });

  test.each([
    ['messages', { maxMessages: 3, maxBytes: 1_000_000 }],
    ['bytes', { maxMessages: 1_000, maxBytes: 6 }],
  ])(
    'a reader that does not read fills its bound in %s, and has room once the kernel took what waited',
    async (_, limits) => {
      const { kernel, events, outbound, push } = make(limits);
      kernel.holding = true;
      for (let n = 1; n <= 3; n++) push(n);
      expect(outbound.hasRoom()).toBe(false);
      expect(events).toEqual(['blocked']);
      await kernel.take();
      await kernel.take();
      expect(events).toEqual(['blocked', 3, 'unblocked', 3]);
      expect(outbound.hasRoom()).toBe(true);
    },
  );

  test('counts as written only what the kernel took', async () => {
    const { kernel, events, push } = make();
    kernel.holding = true;
    push(1);
    await turn();
    push(2);
    await turn();
    expect(events).toEqual(['blocked']);
    await kernel.take();
    expect(kernel.writes).toHaveLength(2);
    expect(events).toEqual(['blocked']);
    await kernel.take();
    expect(events).toEqual(['blocked', 1, 'unblocked', 2]);
  });

  test('replies alone over the byte bound are told; log messages do not count against them', async () => {
    const { kernel, outbound, push } = make({ maxMessages: 1_000, maxBytes: 100 });
    kernel.holding = true;
    push(1, 'x'.repeat(500));
    expect(outbound.reply(Buffer.alloc(60))).toBe(true);
    expect(outbound.reply(Buffer.alloc(60))).toBe(false);
    await turn();
  });

  test('a socket that fails is no reader that took anything', async () => {
    const { kernel, events, outbound, push } = make();
    kernel.holding = true;
    push(1);
    await turn();
    await kernel.take(new Error('reset'));
    outbound.flush();
    expect(events).toEqual(['blocked']);
  });

  test('after the end nothing is written and nobody told of room, but what was under way still counts', async () => {
    const { kernel, events, outbound, push } = make();
    kernel.holding = true;
    push(1);
    outbound.end();
    push(2);
    await kernel.take();
    await kernel.take();
    expect(events).toEqual(['blocked', 1]);
    expect(kernel.writes.flat().join('')).toBe('m1');
  });
});
