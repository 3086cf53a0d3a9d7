import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createMesh, LocalLeases, RedisCarrier, type MeshError, type RedisCarrierOptions } from '#mesh';
import { eventually, freePort, RedisServer } from '#testing';
import { describeCarrier, Recorder } from '../../contract/carrier.suite.js';

const available = RedisServer.available ? describe : describe.skip;
const restartable = RedisServer.available && RedisServer.own ? describe : describe.skip;

available('on a Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(async () => redis.stop());

  describeCarrier({ name: 'redis', make: () => new RedisCarrier({ url: redis.url }) });
});

restartable('when Redis goes away, the redis carrier', () => {
  let redis: RedisServer;
  let carrier: RedisCarrier;
  let heard: Recorder;
  let errors: unknown[];

  beforeEach(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    await carrier.stop();
    await redis.stop();
  });

  const start = async (options: Partial<RedisCarrierOptions> = {}): Promise<void> => {
    heard = new Recorder();
    errors = [];
    carrier = new RedisCarrier({ url: redis.url, onError: (error) => errors.push(error), ...options });
    await carrier.start(['a:1', 'a:*'], heard);
  };

  test('says so, keeps nothing for later, and hears again once Redis is back', async () => {
    await start();
    await redis.kill();
    await eventually(() => expect(heard.connected).toEqual([true, false]));
    for (const frame of ['1', '2', '3']) carrier.send('a:1', Buffer.from(frame));
    await eventually(() => expect(heard.undeliverable).toEqual(['a:1 1', 'a:1 2', 'a:1 3']));
    await redis.restart();
    await eventually(() => expect(heard.connected).toEqual([true, false, true]));
    carrier.send('a:1', Buffer.from('again'));
    carrier.send('a:*', Buffer.from('all'));
    await eventually(() => expect(heard.frames).toEqual(['again', 'all']));
    expect(errors.length).toBeGreaterThan(0);
  });

  test('gives back what was under way, after it said that the connection is gone', async () => {
    await start();
    const order: string[] = [];
    heard.onUndeliverable = (_address, frame) => order.push(frame.toString());
    heard.onConnected = (connected) => order.push(String(connected));
    redis.pause();
    for (const frame of ['1', '2', '3']) carrier.send('a:1', Buffer.from(frame));
    await redis.kill();
    await eventually(() => expect(order.slice(0, 4)).toEqual(['false', '1', '2', '3']));
    await redis.restart();
    await eventually(() => expect(order.at(-1)).toBe('true'));
    expect(heard.frames).toEqual([]);
  });

  test('notices a Redis that is silent', async () => {
    await start({ pingMs: 50 });
    redis.pause();
    await eventually(() => expect(heard.connected).toEqual([true, false]));
    redis.resume();
    await eventually(() => expect(heard.connected.at(-1)).toBe(true));
  });

  test('counts as disconnected while more is under way than allowed, and gives the rest back', async () => {
    await start({ maxInFlightBytes: 1_000 });
    redis.pause();
    for (let i = 0; i < 11; i++) carrier.send('a:1', Buffer.alloc(100, 0x61 + i));
    expect(heard.connected).toEqual([true, false]);
    carrier.send('a:1', Buffer.from('refused'));
    await eventually(() => expect(heard.undeliverable).toEqual(['a:1 refused']));
    redis.resume();
    await eventually(() => expect(heard.connected).toEqual([true, false, true]));
    await eventually(() => expect(heard.frames).toHaveLength(11));
  });

  test('waits for a Redis that comes later', async () => {
    await redis.kill();
    const starting = start();
    await eventually(() => expect(errors.length).toBeGreaterThan(0));
    await redis.restart();
    await starting;
    expect(heard.connected).toEqual([true]);
  });
});

describe('a redis carrier', () => {
  test('can be stopped while it waits for a Redis that is not there; so can the node that joins through it', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const errors: unknown[] = [];
    const carrier = new RedisCarrier({ url, onError: (error) => errors.push(error) });
    const node = createMesh({ id: 'a', roles: ['gateway'], carrier, leases: new LocalLeases() });
    const joining = node.join().catch((error: MeshError) => error.code);
    await eventually(() => expect(errors).toHaveLength(1));
    await node.leave();
    expect(await joining).toBe('stopped');
    await expect(node.join()).rejects.toMatchObject({ code: 'stopped' });
  });

  test('takes no URL that it does not know, and does not repeat its password', () => {
    for (const url of ['redis+sentinels://user:secret@host/name', 'http://:secret@host', 'redis+cluster://u:secret@']) {
      expect(() => new RedisCarrier({ url })).toThrow(/^(?!.*secret).*redis:\/\/, redis\+sentinel:/);
    }
  });
});
