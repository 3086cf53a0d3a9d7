import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RedisCarrier } from '#mesh';
import { eventually, RedisSentinel, RedisServer } from '#testing';
import { describeCarrier, Recorder } from '../../contract/carrier.suite.js';

const suite = RedisServer.available && RedisServer.own ? describe : describe.skip;

suite('behind Sentinel', () => {
  let redis: RedisSentinel;
  beforeEach(async () => {
    redis ??= await RedisSentinel.start();
  });
  afterAll(async () => redis.stop());

  describeCarrier({ name: 'sentinel', make: () => new RedisCarrier({ url: redis.url }) });

  describe('the carrier', () => {
    let carrier: RedisCarrier;
    let heard: Recorder;
    beforeEach(async () => {
      heard = new Recorder();
      carrier = new RedisCarrier({ url: redis.url, onError: () => undefined });
      await carrier.start(['a:1', 'a:*'], heard);
    });
    afterEach(async () => carrier.stop());

    const carries = async (frame: string): Promise<void> => {
      await eventually(() => expect(heard.connected.at(-1)).toBe(true), { timeoutMs: 20_000 });
      carrier.send('a:1', Buffer.from(frame));
      await eventually(() => expect(heard.frames).toContain(frame));
    };

    test('follows a failover, says that there was a gap, and carries on', async () => {
      await redis.failover();
      await eventually(() => expect(heard.connected).toEqual([true, false, true]), { timeoutMs: 20_000 });
      await carries('after the failover');
    });

    test('follows to the successor of a primary that dies', async () => {
      const former = await redis.killPrimary();
      await redis.succeeded(former);
      await carries('after the death');
      expect(heard.connected.slice(0, 2)).toEqual([true, false]);
      await former.start();
    });
  });
});
