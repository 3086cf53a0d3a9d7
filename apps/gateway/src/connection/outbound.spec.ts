import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { writesDirectly } from '#net';
import { eventually, socketPair } from '#testing';
import { Corker } from './corker.js';
import { Outbound } from './outbound.js';
import { Kernel, turn } from '../testing/kernel.js';

const LIMITS = { maxMessages: 100, maxBytes: 1_000 };

/** The way out on `socket`, and what its owner hears. */
function outboundOn(socket: Writable, limits = LIMITS) {
  const events: (string | number)[] = [];
  const owner = {
    onWritten: (messageId: number) => void events.push(messageId),
    onBlocked: () => void events.push('blocked'),
    onUnblocked: () => void events.push('unblocked'),
  };
  const outbound = new Outbound(socket, owner, { limits, corker: new Corker() });
  const push = (messageId: number, text = `m${messageId}`): void => outbound.push(Buffer.from(text), messageId);
  return { events, outbound, push };
}

function make(limits = LIMITS) {
  const kernel = new Kernel({ highWaterMark: 16 * 1024 });
  kernel.on('error', () => undefined);
  return { kernel, ...outboundOn(kernel, limits) };
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

describe('the way out past the stream of a socket', () => {
  /** More than the kernel takes of what nobody reads. */
  const MUCH = 32 * 1024 * 1024;
  const limits = { maxMessages: 100, maxBytes: MUCH / 2 };

  async function withConnection(use: (writer: Socket, reader: Socket) => Promise<void>): Promise<void> {
    const [writer, reader] = await socketPair();
    for (const socket of [writer, reader]) socket.on('error', () => undefined);
    try {
      await use(writer, reader);
    } finally {
      for (const socket of [reader, writer]) socket.destroy();
    }
  }
  const textOf = (reader: Socket): (() => string) => {
    let text = '';
    reader.setEncoding('latin1').on('data', (some: string) => (text += some));
    return () => text;
  };

  test('what one turn writes comes in order, with what the stream writes between the turns', async () => {
    await withConnection(async (writer, reader) => {
      const { events, outbound, push } = outboundOn(writer);
      const text = textOf(reader);
      push(1);
      push(2);
      outbound.reply(Buffer.from('reply'));
      await turn();
      writer.write('ping');
      push(3);
      await turn();
      await eventually(() => expect(text()).toBe('m1m2replypingm3'));
      expect([events, outbound.bytes, outbound.idle]).toEqual([[2, 3], 0, true]);
    });
  });

  test('what the kernel does not take counts as waiting, and as written once it has', async () => {
    await withConnection(async (writer, reader) => {
      const { events, outbound, push } = outboundOn(writer, limits);
      push(1, 'x'.repeat(MUCH));
      await turn();
      expect([events, outbound.idle, outbound.hasRoom()]).toEqual([['blocked'], false, false]);
      expect(outbound.bytes).toBeGreaterThan(limits.maxBytes);
      expect(outbound.bytes).toBeLessThanOrEqual(MUCH);
      // Behind what is counted already: by the stream, which tells of it apart.
      push(2, 'y'.repeat(MUCH));
      await turn();
      const text = textOf(reader);
      await eventually(() => expect(text().length).toBe(2 * MUCH), { timeoutMs: 20_000 });
      expect(text().indexOf('y')).toBe(MUCH);
      // A stream that has both hands them on together.
      const apart = writesDirectly(writer) ? ['unblocked', 'blocked', 2] : [];
      await eventually(() => expect(events).toEqual(['blocked', 1, ...apart, 'unblocked', 2]));
      expect([outbound.bytes, outbound.idle]).toEqual([0, true]);
    });
  });

  // The kernel takes part of a message → the connection breaks.
  test('of a socket that goes down nothing that waits is called written', async () => {
    await withConnection(async (writer, reader) => {
      const { events, outbound, push } = outboundOn(writer, limits);
      push(1);
      await turn();
      expect(outbound.pass(Buffer.alloc(MUCH))).toBe(false);
      outbound.flush();
      const closed = new Promise((done) => writer.once('close', done));
      reader.resetAndDestroy();
      await closed;
      await turn();
      expect(events).toEqual([1, 'blocked']);
    });
  });
});
