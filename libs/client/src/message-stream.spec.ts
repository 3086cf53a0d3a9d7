import { describe, expect, jest, test } from '@jest/globals';
import type { MessageEvent } from '#protocol';
import { Emitter } from './emitter.js';
import { messageIds } from './message-id.js';
import { MessageStream } from './message-stream.js';

const message = (messageId: number): MessageEvent => ({
  type: 'message',
  from: 'bob',
  content: '',
  kind: 'text',
  timestamp: 0,
  messageId,
});

describe('a stream of messages', () => {
  test('is read in order, by readers that wait and by those that come later', async () => {
    const stream = new MessageStream(10, () => {});
    const early = stream.next();
    for (const id of [1, 2, 3]) stream.push(message(id));
    stream.end();
    stream.push(message(4));
    expect((await early).value?.messageId).toBe(1);
    const rest: unknown[] = [];
    for await (const { messageId } of stream) rest.push(messageId);
    expect(rest).toEqual([2, 3]);
  });

  test('tells a reader that fell too far behind, after what it still has', async () => {
    const over = jest.fn();
    const stream = new MessageStream(1, over);
    for (const id of [1, 2, 3]) stream.push(message(id));
    expect((await stream.next()).value?.messageId).toBe(1);
    await expect(stream.next()).rejects.toThrow('more than 1 messages waited');
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(over).toHaveBeenCalledTimes(1);
  });

  test('left by its reader, or ended while read, is done', async () => {
    const over = jest.fn();
    const stream = new MessageStream(10, over);
    stream.push(message(1));
    stream.push(message(2));
    for await (const { messageId } of stream) if (messageId === 1) break;
    expect(over).toHaveBeenCalledTimes(1);
    expect(await stream.next()).toMatchObject({ done: true });
    const other = new MessageStream(10, () => {});
    const waiting = other.next();
    other.end();
    expect(await waiting).toMatchObject({ done: true });
  });
});

describe('listeners', () => {
  test('are all called though one throws, whose error surfaces; not any more once ended', () => {
    const surfaced = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((fn) => expect(fn).toThrow('mine'));
    const emitter = new Emitter<{ event: number }>();
    const seen: number[] = [];
    emitter.on('event', () => {
      throw new Error('mine');
    });
    const end = emitter.on('event', (event) => seen.push(event));
    emitter.emit('event', 1);
    end();
    emitter.emit('event', 2);
    expect(seen).toEqual([1]);
    expect(surfaced).toHaveBeenCalledTimes(2);
    surfaced.mockRestore();
  });
});

test('ids of messages differ, between clients too, and are short enough', () => {
  const [one, other] = [messageIds(), messageIds()];
  const made = [one(), one(), other(), other()];
  expect(new Set(made).size).toBe(4);
  for (const id of made) expect(id.length).toBeLessThanOrEqual(64);
});
