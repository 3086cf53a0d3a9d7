import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { unpackMultiple } from 'msgpackr';
import { eventually, RedisServer } from '#testing';
import { connection, entry } from '../contract/harness.js';
import { createEngine } from '../create-engine.js';
import type { Engine, EngineSettings } from '../port.js';

const suite = RedisServer.available ? describe : describe.skip;

/** What lies in Redis: the part that operators rely on, and that nothing grows without bound. */
suite('the layout in Redis', () => {
  let server: RedisServer;
  let engine: Engine;
  const engines: Engine[] = [];
  const ask = <T>(use: (client: Redis) => Promise<T>) => server.withClient(use);
  /** Of a user's inbox: id of each entry, and how many messages it holds. */
  const entriesOf = async (user: string) => {
    const entries = await ask((client) => client.xrange(`inbox:{presence:${user}}`, '-', '+'));
    return entries.map(([id, fields]) => [id, Number(fields[3] ?? 1)]);
  };
  const start = async (settings?: Partial<EngineSettings>) => {
    const started = createEngine({ kind: 'redis', url: server.url, settings });
    engines.push(started);
    await started.start();
    return started;
  };

  beforeAll(async () => {
    server = await RedisServer.start();
    engine = await start();
  });
  afterAll(async () => {
    await Promise.all(engines.map((one) => one.stop()));
    await server.stop();
  });

  it('shows a field per live connection in presence:<user>, which lives 90 s (PROTOCOL.md §9)', async () => {
    await engine.presence.register(connection('alice', 'c1', { device: 'phone' }), 3);
    await engine.presence.register(connection('alice', 'c2', { gatewayId: 'gateway-02' }), 3);
    const shown = await ask((client) => client.hgetall('presence:alice'));
    expect(Object.keys(shown).sort()).toEqual(['c1', 'c2']);
    expect(JSON.parse(shown['c1'] ?? '')).toMatchObject({
      gateway: 'gateway-01',
      timestamp: expect.any(Number),
      device: 'phone',
      status: 'online',
    });
    expect(JSON.parse(shown['c2'] ?? '')).toMatchObject({ gateway: 'gateway-02' });
    const ttl = await ask((client) => client.pttl('presence:alice'));
    expect(ttl).toBeGreaterThan(80_000);
    expect(ttl).toBeLessThanOrEqual(90_000);
  });

  it('starts the life of the key and of the gateway’s index anew with each refresh', async () => {
    await engine.presence.register(connection('bob', 'c1', { gatewayId: 'gateway-03' }), 3);
    const keys = ['presence:bob', 'connections:{gateway-03/first}'];
    await ask(async (client) => Promise.all(keys.map((key) => client.pexpire(key, 30_000))));
    await engine.presence.refresh([{ userId: 'bob', connectionId: 'c1' }]);
    for (const key of keys) expect(await ask((client) => client.pttl(key))).toBeGreaterThan(80_000);
  });

  it('drops the field of a connection that was not refreshed, though the user’s others are', async () => {
    const brief = await start({ presenceTtlMs: 1000 });
    await brief.presence.register(connection('carol', 'stale'), 3);
    await eventually(async () => expect(await brief.presence.locate('carol')).toEqual([]));
    await brief.presence.register(connection('carol', 'live'), 3);
    expect(await ask((client) => client.hkeys('presence:carol'))).toEqual(['live']);
  });

  it('drops a field that somebody else wrote and nobody can read', async () => {
    await engine.presence.register(connection('dave', 'c1'), 3);
    await ask((client) => client.hset('presence:dave', 'odd', '{"hello":1}'));
    expect(await engine.presence.locate('dave')).toMatchObject([{ connectionId: 'c1' }]);
    expect(await ask((client) => client.hkeys('presence:dave'))).toEqual(['c1']);
  });

  it('keeps two generations of idempotency at most, and lets each run out by itself', async () => {
    const brief = await start({ idempotencyWindowMs: 200 });
    const log = { kind: 'inbox', id: 'erin' } as const;
    const generations = () => ask((client) => client.keys('idem:{presence:erin}:*'));
    const seen = new Set<string>();
    await eventually(async () => {
      await brief.log.append(log, [entry('a', 'bob', String(seen.size))]);
      const now = await generations();
      expect(now.length).toBeLessThanOrEqual(2);
      for (const key of now) {
        seen.add(key);
        expect(await ask((client) => client.pttl(key))).toBeLessThanOrEqual(400);
      }
      expect(seen.size).toBeGreaterThanOrEqual(4);
    });
    await eventually(async () => expect(await generations()).toEqual([]));
  });

  it('stores what comes behind the first message of an append in entries of 32 at most, under the id of their last', async () => {
    const log = { kind: 'inbox', id: 'judy' } as const;
    await engine.log.append(log, [entry('alone')]);
    await engine.log.append(
      log,
      Array.from({ length: 40 }, (_, i) => entry(String(i))),
    );
    expect(await entriesOf('judy')).toEqual([
      ['0-1', 1],
      ['0-2', 1],
      ['0-34', 32],
      ['0-41', 7],
    ]);
    const [third] = await ask((client) => client.xrangeBuffer('inbox:{presence:judy}', '0-34', '0-34'));
    const [time, bodies, ...number] = third?.[1] ?? [];
    expect(Number(time)).toBeGreaterThan(0);
    expect(unpackMultiple(bodies ?? Buffer.of())).toEqual(Array.from({ length: 32 }, (_, i) => String(i + 1)));
    expect(number.map(String)).toEqual(['', '32']);
  });

  it('lets messages share an entry up to 4 KiB, since whoever asks for its id gets them all', async () => {
    const log = { kind: 'inbox', id: 'liz' } as const;
    const size = (bytes: number) => entry('x'.repeat(bytes));
    await engine.log.append(log, [size(1), size(4095), size(1), size(5000), size(1), size(60_000), size(1), size(2)]);
    expect(await entriesOf('liz')).toEqual([
      ['0-1', 1],
      ['0-3', 2],
      ['0-4', 1],
      ['0-6', 2],
      ['0-8', 2],
    ]);
    expect((await engine.log.read(log, 4, 3)).entries.map(({ body }) => body.length)).toEqual([1, 60_000, 1]);
  });

  it('reads a log up to a hole that somebody else made in its stream, and no further', async () => {
    const log = { kind: 'inbox', id: 'mike' } as const;
    for (let i = 1; i <= 5; i++) await engine.log.append(log, [entry(String(i))]);
    await ask((client) => client.xdel('inbox:{presence:mike}', '0-3', '0-5'));
    const read = async (after: number) => (await engine.log.read(log, after, 10)).entries.map((one) => one.messageId);
    expect(await Promise.all([0, 2, 3, 4].map(read))).toEqual([[1, 2], [], [4], []]);
  });

  it('removes from the stream what is above logMaxLength, once in 32 messages', async () => {
    const brief = await start({ logMaxLength: 5 });
    const log = { kind: 'inbox', id: 'kate' } as const;
    for (let i = 1; i <= 31; i++) await brief.log.append(log, [entry(String(i))]);
    expect(await ask((client) => client.xlen('inbox:{presence:kate}'))).toBe(31);
    await brief.log.append(log, [entry('32')]);
    expect(await ask((client) => client.xlen('inbox:{presence:kate}'))).toBe(5);
  });

  it('removes what is too old from the stream, on appending and on reading', async () => {
    const brief = await start({ logMaxAgeMs: 300 });
    const [written, read] = [{ kind: 'inbox', id: 'frank' } as const, { kind: 'inbox', id: 'grace' } as const];
    const batch = Array.from({ length: 40 }, () => entry('a'));
    for (const log of [written, read]) await brief.log.append(log, batch);
    await eventually(async () => expect((await brief.log.read(read, 0, 1)).firstMessageId).toBe(41));
    expect(await ask((client) => client.xlen('inbox:{presence:grace}'))).toBe(0);
    await brief.log.append(written, batch);
    const [head] = await ask((client) => client.xrange('inbox:{presence:frank}', '-', '+', 'COUNT', 1));
    expect(head?.[0]).toBe('0-41');
  });

  it('begins a new epoch when a stream is gone and what refers to it is not', async () => {
    const log = { kind: 'inbox', id: 'heidi' } as const;
    const lose = () => ask((client) => client.del('inbox:{presence:heidi}'));
    const first = await engine.log.append(log, [entry('a', 'bob', '1'), entry('b')]);
    await engine.log.acknowledge(log, { messageId: 2, epoch: first.epoch, status: 'delivered' });
    await lose();
    const second = await engine.log.append(log, [entry('a', 'bob', '1')]);
    expect(second.appended).toMatchObject([{ messageId: 1, duplicate: false }]);
    expect(second.epoch).not.toBe(first.epoch);
    expect((await engine.log.open(log, { limit: 1 })).cursor).toBe(0);
    await lose();
    const third = await engine.log.open(log, { limit: 1 });
    expect(third).toMatchObject({ lastMessageId: 0 });
    expect([first.epoch, second.epoch]).not.toContain(third.epoch);
  });

  it('keeps members, and who is known, when only the stream is lost; watermarks end with it', async () => {
    const [general, ivan] = [
      { kind: 'conversation', id: 'lost' },
      { kind: 'inbox', id: 'ivan' },
    ] as const;
    await engine.conversations.join('lost', 'ivan');
    await engine.log.open(ivan, { limit: 1 });
    for (const log of [general, ivan]) {
      const { epoch } = await engine.log.append(log, [entry('a'), entry('b')]);
      await engine.log.acknowledge(log, { device: 'ivan', messageId: 2, epoch, status: 'read' });
      expect(await engine.log.status(log, 'ivan')).toMatchObject({ delivered: 2, read: 2 });
      await ask((client) => client.del(log === general ? 'log:{conversation:lost}' : 'inbox:{presence:ivan}'));
      expect(await engine.log.acknowledge(log, { device: 'ivan', messageId: 2, epoch, status: 'read' })).toEqual({
        delivered: 0,
        read: 0,
        deliveredBefore: 0,
        readBefore: 0,
      });
      const status = await engine.log.status(log, 'ivan');
      expect(status).toMatchObject({ lastMessageId: 0, delivered: 0, read: 0 });
      expect([epoch, '']).not.toContain(status.epoch);
    }
    expect(await engine.conversations.of('ivan')).toMatchObject([{ conversation: 'lost', lastMessageId: 0, read: 0 }]);
    const options = { onlyKnown: true, membersOnly: true } as const;
    for (const log of [general, ivan]) {
      const { appended } = await engine.log.append(log, [{ ...entry('c'), author: 'ivan' }], options);
      expect(appended).toMatchObject([{ messageId: 1, duplicate: false }]);
    }
  });

  it('has a field per member, with the member’s place, and nothing of who has left', async () => {
    const log = { kind: 'conversation', id: 'small' } as const;
    for (const user of ['alice', 'bob']) await engine.conversations.join('small', user);
    const { epoch } = await engine.log.append(log, [entry('a')]);
    for (const user of ['alice', 'bob', 'nobody'])
      await engine.log.acknowledge(log, { device: user, messageId: 1, epoch, status: 'read' });
    await engine.conversations.leave('small', 'bob');
    const keys = await ask(async (client) => (await client.keys('*{conversation:small}')).sort());
    expect(keys).toEqual(['log:{conversation:small}', 'members:{conversation:small}', 'meta:{conversation:small}']);
    expect(await ask((client) => client.hgetall('members:{conversation:small}'))).toEqual({
      alice: expect.stringMatching(/^\d{13} 1 1 /),
    });
    expect(Object.keys(await ask((client) => client.hgetall('meta:{conversation:small}'))).sort()).toEqual([
      'epoch',
      'joined',
      'log',
    ]);
    await engine.conversations.leave('small', 'alice');
    expect(await ask((client) => client.exists('members:{conversation:small}'))).toBe(0);
    expect(await ask((client) => client.exists('conversations:{presence:bob}'))).toBe(0);
  });

  it('lets subscribers and watchers run out by themselves, 90 s after the last was heard of', async () => {
    const process = { gatewayId: 'gateway-01', incarnation: 'first' };
    const keys = ['subscribers:{conversation:brief}', 'watchers:{presence:judy}'];
    const shorten = () => ask((client) => Promise.all(keys.map((key) => client.pexpire(key, 30_000))));
    const expectFullLife = async () => {
      for (const key of keys) expect(await ask((client) => client.pttl(key))).toBeGreaterThan(80_000);
    };
    await engine.conversations.subscribe('brief', process);
    await engine.watchers.add(['judy'], process);
    await expectFullLife();
    await shorten();
    await engine.conversations.refresh(process, ['brief']);
    await engine.watchers.add(['judy'], process);
    await expectFullLife();
    const fields = await ask((client) => Promise.all(keys.map((key) => client.hkeys(key))));
    expect(fields).toEqual([['gateway-01 first'], ['gateway-01 first']]);
  });

  it('drops a field of a gateway that somebody else wrote and nobody can read', async () => {
    await engine.conversations.subscribe('odd', { gatewayId: 'gateway-01', incarnation: 'first' });
    await ask((client) => client.hset('subscribers:{conversation:odd}', 'who', 'knows'));
    expect(await engine.log.append({ kind: 'conversation', id: 'odd' }, [entry('a')])).toMatchObject({
      gateways: ['gateway-01'],
      appended: [{ messageId: 1 }],
    });
  });

  it('begins a new epoch when what names it is gone', async () => {
    const log = { kind: 'conversation', id: 'general' } as const;
    const first = await engine.log.append(log, [entry('a')]);
    await ask((client) => client.del('meta:{conversation:general}'));
    const second = await engine.log.append(log, [entry('b')]);
    expect(second.epoch).not.toBe(first.epoch);
    expect((await engine.log.read(log, 0, 9)).epoch).toBe(second.epoch);
  });
});
