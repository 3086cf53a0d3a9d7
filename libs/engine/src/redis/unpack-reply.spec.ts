import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisServer } from '#testing';
import { unpackReply } from './unpack-reply.js';

const suite = RedisServer.available ? describe : describe.skip;

suite('a reply packed by a script, on Redis', () => {
  let server: RedisServer;
  const replyTo = (lua: string, ...args: string[]) =>
    server.withClient(async (client) => unpackReply((await client.callBuffer('EVAL', lua, 0, ...args)) as Buffer));

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  it('has whole numbers as numbers, however large: ids and times', async () => {
    const numbers = [0, 1, 127, 128, 65_536, 4_294_967_296, 1_790_000_000_000, Number.MAX_SAFE_INTEGER, -1];
    const lua = 'local all = {} for i, text in ipairs(ARGV) do all[i] = tonumber(text) end return cmsgpack.pack(all)';
    expect(await replyTo(lua, ...numbers.map(String))).toEqual(numbers);
  });

  it('has texts as strings, and false for what Redis has not', async () => {
    const lua = "return cmsgpack.pack({ ARGV[1], '', redis.call('HGET', 'nothing', 'there'), { {}, { ARGV[1] } } })";
    const text = 'grüße 🦊';
    expect(await replyTo(lua, text)).toEqual([text, '', false, [[], [text]]]);
  });
});
