import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { RedisCarrier } from '#mesh';
import { eventually, RedisCluster, RedisServer } from '#testing';
import { describeCarrier, Recorder } from '../../../contract/carrier.suite.js';
import { movedTo, SlotMap } from './slot-map.js';
import { slotOf } from './slot.js';

const suite = RedisServer.available && RedisServer.own ? describe : describe.skip;

suite('on a Redis Cluster', () => {
  let redis: RedisCluster;
  beforeAll(async () => {
    redis = await RedisCluster.start({ replicas: 1 });
  });
  afterAll(async () => redis.stop());

  describeCarrier({ name: 'cluster', make: () => new RedisCarrier({ url: redis.url }) });

  test('slots are those of the server', async () => {
    const name = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.string({ unit: fc.constantFrom('{', '}', 'a', ':'), minLength: 1 }),
      fc.string({ unit: 'grapheme', minLength: 1 }),
    );
    const [node] = redis.nodes;
    await node?.withClient((client) =>
      fc.assert(
        fc.asyncProperty(name, async (channel) => {
          expect(slotOf(channel)).toBe(await client.call('CLUSTER', 'KEYSLOT', channel));
        }),
        { numRuns: 300 },
      ),
    );
  });

  describe('the carrier', () => {
    let started: RedisCarrier[];
    beforeEach(() => {
      started = [];
    });
    afterEach(async () => {
      await Promise.all(started.map((carrier) => carrier.stop()));
    });

    const start = async (...addresses: string[]): Promise<{ carrier: RedisCarrier; heard: Recorder }> => {
      const heard = new Recorder();
      const carrier = new RedisCarrier({ url: redis.url, onError: () => undefined });
      started.push(carrier);
      await carrier.start(addresses, heard);
      return { carrier, heard };
    };

    /** An address on that shard. */
    const addressOn = async (shard: number, form: (n: number) => string): Promise<string> => {
      for (let n = 0; ; n++) if ((await redis.shardOf(form(n))) === shard) return form(n);
    };

    /** Sends until it is heard: for when a gap may still come. */
    const getsThrough = async (from: RedisCarrier, to: Recorder, address: string, frame: string): Promise<void> =>
      eventually(
        () => {
          from.send(address, Buffer.from(frame));
          expect(to.frames).toContain(frame);
        },
        { timeoutMs: 20_000, everyMs: 100 },
      );

    test('puts addresses on different shards', async () => {
      const addresses = await Promise.all([0, 1, 2].map((shard) => addressOn(shard, (n) => `a:${n}`)));
      const { carrier, heard } = await start(...addresses);
      for (const address of addresses) carrier.send(address, Buffer.from(address));
      await eventually(() => expect([...heard.frames].sort()).toEqual([...addresses].sort()));
    });

    test('listens where a slot has moved to, tells both sides of the gap, and sends nothing twice or out of order', async () => {
      const address = await addressOn(0, (n) => `moving:${n}`);
      const [a, b] = [await start('a:1'), await start(address)];
      let sent = 0;
      const sending = setInterval(() => a.carrier.send(address, Buffer.from(String(sent++))), 1);
      try {
        await getsThrough(a.carrier, b.heard, address, 'before');
        await redis.migrateSlots([slotOf(address)], 1);
        await eventually(() => expect(b.heard.connected).toEqual([true, false, true]));
        await getsThrough(a.carrier, b.heard, address, 'after');
      } finally {
        clearInterval(sending);
      }
      expect(a.heard.connected.length).toBeGreaterThan(1);
      const numbers = b.heard.frames.filter((frame) => /^\d+$/.test(frame)).map(Number);
      expect(numbers).toEqual([...new Set(numbers)].sort((x, y) => x - y));
      expect(numbers.length).toBeGreaterThan(10);
    });

    test('says of a broadcast address that was on another node that there was a gap', async () => {
      const [own, all] = [await addressOn(1, (n) => `b:${n}`), await addressOn(2, (n) => `role${n}:*`)];
      const { heard } = await start(own, all);
      await redis.migrateSlots([slotOf(all)], 0);
      await eventually(() => expect(heard.connected).toEqual([true, false, true]));
    });

    test('follows to the successor of a master that dies; what is on other shards goes on', async () => {
      const [lost, other] = [await addressOn(1, (n) => `c:${n}`), await addressOn(2, (n) => `d:${n}`)];
      const [a, b, c] = [await start(await addressOn(2, (n) => `e:${n}`)), await start(lost), await start(other)];
      await redis.killMaster(1);
      await eventually(() => expect(b.heard.connected).toEqual([true, false]));
      await eventually(() => {
        a.carrier.send(lost, Buffer.from('nobody hears this'));
        expect(a.heard.undeliverable.length).toBeGreaterThan(0);
      });
      a.carrier.send(other, Buffer.from('on another shard'));
      await eventually(() => expect(c.heard.frames).toEqual(['on another shard']));
      expect([a.heard.connected, c.heard.connected]).toEqual([[true], [true]]);
      await getsThrough(a.carrier, b.heard, lost, 'from the successor');
      expect(b.heard.connected).toEqual([true, false, true]);
      await redis.restart(1);
    });

    test('follows a failover by hand', async () => {
      const address = await addressOn(0, (n) => `f:${n}`);
      const [a, b] = [await start('a:1'), await start(address)];
      await redis.failover(0);
      await getsThrough(a.carrier, b.heard, address, 'after');
      a.carrier.send(address, Buffer.from('once'));
      a.carrier.send(address, Buffer.from('last'));
      await eventually(() => expect(b.heard.frames).toContain('last'));
      expect(b.heard.frames.filter((frame) => frame === 'once')).toHaveLength(1);
    });
  });
});

describe('the map of slots', () => {
  test('takes the address of the node that was asked for one that does not know its own', () => {
    const map = SlotMap.of(
      [
        [0, 10, ['', 7001], ['10.0.0.9', 7002]],
        [11, 11, [null, 7003]],
        [12, 12],
      ],
      {
        host: 'asked',
        port: 1,
      },
    );
    expect([0, 10, 11, 12, 13].map((slot) => map.ownerOf(slot))).toEqual([
      { host: 'asked', port: 7001 },
      { host: 'asked', port: 7001 },
      { host: 'asked', port: 7003 },
      undefined,
      undefined,
    ]);
  });

  test('reads redirects, and nothing else', () => {
    const asked = { host: 'asked', port: 1 };
    expect(movedTo(new Error('MOVED 7 10.0.0.1:7001'), asked)).toEqual({
      slot: 7,
      to: { host: '10.0.0.1', port: 7001 },
    });
    expect(movedTo(new Error('MOVED 7 ::1:7001'), asked)).toEqual({ slot: 7, to: { host: '::1', port: 7001 } });
    expect(movedTo(new Error('MOVED 7 :7001'), asked)).toEqual({ slot: 7, to: { host: 'asked', port: 7001 } });
    expect(movedTo(new Error('ASK 7 10.0.0.1:7001'), asked)).toBeUndefined();
  });
});
