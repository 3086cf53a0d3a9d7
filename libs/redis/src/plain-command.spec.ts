import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Command, Redis } from 'ioredis';
import { RedisServer } from '#testing';
import { encode } from './encode.js';
import { PlainCommand, type Argument } from './plain-command.js';

/** As ioredis writes it. */
const written = (name: string, args: readonly Argument[]): Buffer =>
  Buffer.from(new Command(name, [...args]).toWritable({}));

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(''), fc.constant('ä€😀'));
const bytes = fc.uint8Array().map((some) => Buffer.from(some));
const argument = fc.oneof(text, bytes, fc.integer(), fc.double({ noNaN: true }));

describe('a plain command', () => {
  it('is written as ioredis writes it', () => {
    fc.assert(
      fc.property(fc.constantFrom('publish', 'evalsha', 'xadd'), fc.array(argument), (name, args) => {
        expect(new PlainCommand(name, args, () => undefined).toWritable({})).toEqual(written(name, args));
      }),
    );
  });

  it('takes as many bytes as it has, whatever the texts', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(text, bytes), { minLength: 1 }), (parts) => {
        const command = encode(parts);
        const sizes = parts.map((part) => Buffer.byteLength(part));
        const heads = sizes.reduce(
          (sum, size) => sum + `$${size}\r\n`.length + size + 2,
          `*${parts.length}\r\n`.length,
        );
        expect(command.length).toBe(heads);
      }),
    );
  });
});

const suite = RedisServer.available ? describe : describe.skip;

suite('a plain command, sent', () => {
  let server: RedisServer;
  let client: Redis;
  beforeAll(async () => {
    server = await RedisServer.start();
    client = new Redis(server.url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      retryStrategy: () => null,
      disconnectTimeout: 200,
    });
    await client.connect();
  });
  afterAll(async () => {
    client.disconnect();
    await server.stop();
  });

  const send = (name: string, ...args: Argument[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const command = new PlainCommand(name, args, (error, reply) => (error ? reject(error) : resolve(reply)));
      void client.sendCommand(command);
    });

  it('is answered with the reply as it came', async () => {
    expect(await send('set', 'a', Buffer.from([0, 255]))).toEqual(Buffer.from('OK'));
    expect(await send('get', 'a')).toEqual(Buffer.from([0, 255]));
    expect(await send('get', 'b')).toBeNull();
    expect(await send('publish', 'nobody', 'hears')).toBe(0);
    expect(await send('eval', "return {1, 'two', {3, false}}", 0)).toEqual([1, Buffer.from('two'), [3, null]]);
  });

  it('is told of the server’s error, and harms nobody else on the connection', async () => {
    const answers = await Promise.allSettled([send('incr', 'n'), send('hget', 'n', 'field'), client.incr('n')]);
    expect(answers).toMatchObject([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: { name: 'ReplyError', message: expect.stringMatching(/^WRONGTYPE/) } },
      { status: 'fulfilled', value: 2 },
    ]);
  });

  it('fails with the connection it was sent on, and at once where there is none', async () => {
    const lost = send('blpop', 'empty', 10);
    client.disconnect();
    await expect(lost).rejects.toThrow('Connection is closed');
    await expect(send('ping')).rejects.toThrow(/closed|writeable/);
  });
});
