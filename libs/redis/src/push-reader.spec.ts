import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { eventually, RedisServer } from '#testing';
import { encode } from './encode.js';
import { PushReader, type Pushed } from './push-reader.js';

interface Told {
  readonly message?: Buffer;
  readonly reply?: Pushed;
}

const readerInto = (told: Told[]): PushReader =>
  new PushReader({
    onMessage: (payload) => told.push({ message: Buffer.from(payload) }),
    onReply: (reply) => told.push({ reply }),
  });

const text = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
const push = (type: string, ...texts: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(`${type}${texts.length}\r\n`), ...texts.map(text)]);
const messageOf = (type: string, channel: string, payload: Buffer): Buffer =>
  push(type, Buffer.from('message'), Buffer.from(channel), payload);

/** Bytes that look like what is around them, among others. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((some) => Buffer.from(some)),
  fc
    .constantFrom('\r\n', '$7\r\nmessage\r\n', '>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n', '')
    .map((some) => Buffer.from(some)),
);
const type = fc.constantFrom('>', '*');
const sent: fc.Arbitrary<readonly [Buffer, Told]> = fc.oneof(
  fc
    .tuple(type, fc.string(), bytes)
    .map(([of, channel, payload]) => [messageOf(of, channel, payload), { message: payload }] as const),
  fc
    .tuple(type, fc.nat())
    .map(
      ([of, count]) =>
        [
          Buffer.from(`${of}3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:${count}\r\n`),
          { reply: [Buffer.from('subscribe'), Buffer.from('a'), Buffer.from(String(count))] },
        ] as const,
    ),
  fc.constant([Buffer.from('+PONG\r\n'), { reply: Buffer.from('PONG') }] as const),
  fc.constant([Buffer.from('-ERR no\r\n'), { reply: new Error('ERR no') }] as const),
  fc.constantFrom('$-1\r\n', '_\r\n').map((nothing) => [Buffer.from(nothing), { reply: null }] as const),
  fc
    .tuple(type, bytes)
    .map(([of, some]) => [push(of, Buffer.from('pong'), some), { reply: [Buffer.from('pong'), some] }] as const),
);

describe('what Redis sends to who listens', () => {
  it('is read alike wherever its chunks end', () => {
    fc.assert(
      fc.property(fc.array(sent), fc.array(fc.nat({ max: 40 })), (all, sizes) => {
        const told: Told[] = [];
        const reader = readerInto(told);
        const stream = Buffer.concat(all.map(([one]) => one));
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes.length > 0 ? sizes[i % sizes.length]! + 1 : stream.length;
          reader.read(stream.subarray(at, (at += size)));
        }
        expect(told).toEqual(all.map(([, one]) => one));
      }),
    );
  });

  it('is joined once when a large message comes in many chunks', () => {
    const told: Told[] = [];
    const reader = readerInto(told);
    const payload = Buffer.alloc(1_000_000, 7);
    const stream = messageOf('>', 'a', payload);
    const joining = jest.spyOn(Buffer, 'concat');
    for (let at = 0; at < stream.length; at += 1_000) reader.read(stream.subarray(at, at + 1_000));
    const joined = joining.mock.calls.length;
    joining.mockRestore();
    expect(told.map(({ message }) => message?.equals(payload))).toEqual([true]);
    expect(joined).toBe(1);
  });

  it.each(['?\r\n', '$x\r\n', '>3\r\n$7\r\nmessage\r\n$1\r\na\r\n:1\r\n', 'HTTP/1.1 400\r\n'])(
    '%j is refused',
    (wrong) => {
      expect(() => readerInto([]).read(Buffer.from(wrong))).toThrow(/^Redis sent/);
    },
  );
});

const suite = RedisServer.available ? describe : describe.skip;

suite('a connection that listens', () => {
  let server: RedisServer;
  let publisher: Redis;
  let socket: Socket;
  beforeAll(async () => {
    server = await RedisServer.start();
    publisher = new Redis(server.url);
    socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
  });
  afterAll(async () => {
    socket.destroy();
    publisher.disconnect();
    await server.stop();
  });

  it.each([2, 3])('hears by RESP %i what is published, and its own answers', async (version) => {
    const told: Told[] = [];
    const reader = readerInto(told);
    socket.removeAllListeners('data').on('data', (chunk) => reader.read(chunk));
    if (version === 3) socket.write(encode(['RESET']));
    if (version === 3) await eventually(() => expect(told.splice(0)).toEqual([{ reply: Buffer.from('RESET') }]));
    // HELLO answers RESP 3 with a map, which nobody asks for on such a connection.
    if (version === 3) {
      socket.removeAllListeners('data').write(encode(['HELLO', '3']));
      await once(socket, 'data');
      socket.on('data', (chunk) => reader.read(chunk));
    }
    for (const command of [['SUBSCRIBE', 'a', 'b'], ['PING'], ['SUBSCRIBE']]) socket.write(encode(command));
    await eventually(() => expect(told).toHaveLength(4));
    await publisher.publish('b', Buffer.from([0, 13, 10, 255]));
    await publisher.publish('a', '');
    await eventually(() => expect(told).toHaveLength(6));
    const subscribed = (channel: string, count: number): Told => ({
      reply: [Buffer.from('subscribe'), Buffer.from(channel), Buffer.from(String(count))],
    });
    expect(told).toEqual([
      subscribed('a', 1),
      subscribed('b', 2),
      { reply: version === 3 ? Buffer.from('PONG') : [Buffer.from('pong'), Buffer.alloc(0)] },
      { reply: expect.objectContaining({ message: expect.stringMatching(/^ERR wrong number/) }) },
      { message: Buffer.from([0, 13, 10, 255]) },
      { message: Buffer.alloc(0) },
    ]);
  });
});
