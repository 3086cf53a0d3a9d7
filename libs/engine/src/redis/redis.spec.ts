import { afterAll, beforeAll, describe } from '@jest/globals';
import { eventually, RedisServer } from '#testing';
import { engineSuite } from '../contract/engine.suite.js';
import { redisHarness } from './harness.js';

const suite = RedisServer.available ? describe : describe.skip;

suite('the engine on Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });

  engineSuite(
    redisHarness(() => ({
      url: server.url,
      now: async () => {
        const [seconds, micros] = (await server.withClient((client) => client.time())).map(Number);
        return (seconds ?? 0) * 1000 + Math.floor((micros ?? 0) / 1000);
      },
      flushAll: () => server.flushAll(),
      eventually,
    })),
  );
  afterAll(() => server.stop());
});
