import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Unpackr } from 'msgpackr';
import { eventually, RedisServer } from '#testing';
import { connection, entry, inbox } from '../contract/harness.js';
import { createEngine } from '../create-engine.js';
import type { AppendOptions, Engine, LogId } from '../port.js';

const suite = RedisServer.available ? describe : describe.skip;
const PREAMBLE = Buffer.from([0xff, 0, 0x0d, 0x0a]);
const PUBLISHED: AppendOptions = { publication: { channel: 'gateway:', preamble: PREAMBLE } };

/** What was heard on one channel. */
interface Heard {
  readonly channel: string;
  readonly frame: Buffer;
}

const msgpack = new Unpackr({ int64AsType: 'number' });

/** The notice behind the preamble. */
function noticeOf({ frame }: Heard): unknown {
  expect(frame.subarray(0, PREAMBLE.length)).toEqual(PREAMBLE);
  const data = msgpack.unpack(frame.subarray(PREAMBLE.length)) as Buffer;
  return msgpack.unpack(data);
}

suite('an append that may publish its entry', () => {
  let server: RedisServer;
  let engine: Engine;
  let listener: Redis;
  let heard: Heard[];
  let bob: LogId;

  beforeAll(async () => {
    server = await RedisServer.start();
    engine = createEngine({ kind: 'redis', url: server.url });
    await engine.start();
  });
  afterAll(async () => {
    await engine.stop();
    await server.stop();
  });
  beforeEach(() => {
    heard = [];
    bob = inbox('bob');
    listener = new Redis(server.url);
    listener.on('messageBuffer', (channel: Buffer, frame: Buffer) =>
      heard.push({ channel: channel.toString(), frame }),
    );
  });
  afterEach(() => listener.disconnect());

  const connect = (connectionId: string, gatewayId: string): Promise<unknown> =>
    engine.presence.register(connection(bob.id, connectionId, { gatewayId }), 3);
  /** All that was published before it has been heard once it resolves. */
  const settled = async (): Promise<void> => {
    await engine.log.append(inbox('nobody'), [entry('x')]);
    await listener.ping();
  };

  it('tells the gateways of the recipient, each once, and says who has heard', async () => {
    await Promise.all([connect('a', 'gateway-01'), connect('b', 'gateway-02'), connect('c', 'gateway-01')]);
    await listener.subscribe('gateway:gateway-01');
    const { epoch, appended, connections, told } = await engine.log.append(bob, [entry('hello ü')], PUBLISHED);
    expect(connections).toHaveLength(3);
    expect(told).toEqual(['gateway-01']);
    await eventually(() => expect(heard).toHaveLength(1));
    expect(heard[0]?.channel).toBe('gateway:gateway-01');
    expect(noticeOf(heard[0]!)).toEqual([bob.id, epoch, [[1, appended[0]?.timestamp, 'hello ü']]]);
  });

  it('carries any body, and what comes after the first message too', async () => {
    await connect('a', 'gateway-01');
    await listener.subscribe('gateway:gateway-01');
    const bodies = [Buffer.alloc(0), Buffer.from(Array.from({ length: 256 }, (_, i) => i)), Buffer.alloc(70_000, 0xfe)];
    for (const body of bodies) await engine.log.append(bob, [{ body }], PUBLISHED);
    await eventually(() => expect(heard).toHaveLength(3));
    const ends = heard.map(({ frame }, i) => frame.subarray(frame.length - bodies[i]!.length));
    expect(ends).toEqual(bodies);
    expect(heard.map((one) => frameLength(one))).toEqual(heard.map(({ frame }) => frame.length));
  });

  it('tells nobody of what is not stored', async () => {
    await connect('a', 'gateway-01');
    await listener.subscribe('gateway:gateway-01');
    const once = entry('once', 'alice', 'id');
    await engine.log.append(bob, [once]);
    const again = await engine.log.append(bob, [once], PUBLISHED);
    expect(again).toMatchObject({ appended: [{ duplicate: true }], told: undefined });
    const unknown = inbox('unknown');
    const refused = await engine.log.append(unknown, [entry('x')], { ...PUBLISHED, onlyKnown: true });
    expect(refused).toMatchObject({ appended: [{ refused: 'unknown_recipient' }], told: undefined });
    await settled();
    expect(heard).toEqual([]);
  });

  it('leaves it where several go together: packets of many cost less', async () => {
    await connect('a', 'gateway-01');
    await listener.subscribe('gateway:gateway-01');
    const results = await Promise.all([
      engine.log.append(bob, [entry('1')], PUBLISHED),
      engine.log.append(inbox('carol'), [entry('2')], PUBLISHED),
    ]);
    results.push(await engine.log.append(bob, [entry('3'), entry('4')], PUBLISHED));
    expect(results.map(({ told }) => told)).toEqual([undefined, undefined, undefined]);
    await settled();
    expect(heard).toEqual([]);
  });

  it('stores and answers all the same where a channel may not be published to, or a gateway’s name is hard to find', async () => {
    const admin = new Redis(server.url);
    await admin.call(
      'ACL',
      'SETUSER',
      'limited',
      'on',
      'nopass',
      '~*',
      '+@all',
      'resetchannels',
      '&gateway:gateway-01',
    );
    const url = server.url.replace('redis://', 'redis://limited:x@');
    const limited = createEngine({ kind: 'redis', url });
    await limited.start();
    try {
      await Promise.all([connect('a', 'gateway-01'), connect('b', 'gateway-02'), connect('c', 'gate"way')]);
      await listener.subscribe('gateway:gateway-01', 'gateway:gateway-02', 'gateway:gate"way');
      const { appended, told } = await limited.log.append(bob, [entry('x')], PUBLISHED);
      expect(appended).toMatchObject([{ messageId: 1, duplicate: false }]);
      expect(told).toEqual(['gateway-01']);
    } finally {
      await limited.stop();
      await admin.call('ACL', 'DELUSER', 'limited');
      admin.disconnect();
    }
  });

  it('publishes nothing that may not outlive a failover', async () => {
    const careful = createEngine({ kind: 'redis', url: server.url, waitReplicas: 1 });
    await careful.start();
    try {
      await connect('a', 'gateway-01');
      await listener.subscribe('gateway:gateway-01');
      await expect(careful.log.append(bob, [entry('x')], PUBLISHED)).rejects.toThrow('0 replicas of 1');
      await settled();
      expect(heard).toEqual([]);
    } finally {
      await careful.stop();
    }
  });
});

/** As its parts say. */
function frameLength({ frame }: Heard): number {
  return PREAMBLE.length + 5 + frame.readUInt32BE(PREAMBLE.length + 1);
}
