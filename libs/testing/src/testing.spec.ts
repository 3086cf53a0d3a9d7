import { describe, expect, test } from '@jest/globals';
import { RedisServer, VirtualClock, eventually } from '#testing';

describe('VirtualClock', () => {
  test('fires timers in the order of their time, those set on the way included, and never a cleared one', () => {
    const clock = new VirtualClock(0);
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('late'), 20);
    clock.setTimeout(() => {
      fired.push('early');
      clock.setTimeout(() => fired.push(`nested at ${clock.now()}`), 5);
    }, 10);
    clock.clearTimeout(clock.setTimeout(() => fired.push('cleared'), 1));
    clock.advance(19);
    expect(fired).toEqual(['early', 'nested at 15']);
    clock.advance(1);
    expect(fired).toEqual(['early', 'nested at 15', 'late']);
    expect(clock.pending).toBe(0);
  });
});

describe('eventually', () => {
  test('returns the first success and throws the last failure', async () => {
    let looks = 0;
    await eventually(() => expect(++looks).toBe(3), { everyMs: 1 });
    await expect(
      eventually(
        () => {
          throw new Error('still not');
        },
        { timeoutMs: 20, everyMs: 1 },
      ),
    ).rejects.toThrow('still not');
  });
});

const withRedis = RedisServer.available ? describe : describe.skip;
withRedis('RedisServer', () => {
  test('a durable one keeps its data over a kill and a restart', async () => {
    if (!RedisServer.own) return;
    const redis = await RedisServer.start({ durable: true });
    try {
      await redis.withClient((client) => client.set('kept', 'yes'));
      await redis.kill();
      await expect(redis.withClient((client) => client.get('kept'))).rejects.toThrow();
      await redis.restart();
      expect(await redis.withClient((client) => client.get('kept'))).toBe('yes');
    } finally {
      await redis.stop();
    }
  });
});
