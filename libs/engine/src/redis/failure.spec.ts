import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:net';
import { eventually, freePort, RedisServer } from '#testing';
import { connection, entry, gateway, ids, inbox } from '../contract/harness.js';
import { createEngine } from '../create-engine.js';
import { EngineUnavailableError, type Engine } from '../port.js';
import { toEngineError } from './errors.js';
import { RedisServer as Connected } from './redis-server.js';
import { checkServerVersion } from './server-version.js';

const suite = RedisServer.available && RedisServer.own ? describe : describe.skip;

suite('when Redis fails', () => {
  let server: RedisServer;
  let engine: Engine;
  beforeAll(async () => {
    server = await RedisServer.start({ durable: true });
    engine = createEngine({ kind: 'redis', url: server.url });
    await engine.start();
  });
  afterAll(async () => {
    await engine.stop();
    await server.stop();
  });

  it('loads a script again that the server has forgotten', async () => {
    const log = inbox('alice');
    await engine.log.append(log, [entry('a')]);
    await server.withClient((client) => client.script('FLUSH'));
    const more = await Promise.all([
      engine.log.append(log, [entry('b')]),
      engine.log.append(inbox('bob'), [entry('c')]),
    ]);
    expect(more.map((r) => ids(r.appended))).toEqual([[2], [1]]);
    await server.withClient((client) => client.script('FLUSH'));
    expect((await engine.log.read(log, 0, 9)).lastMessageId).toBe(2);
    expect((await engine.presence.register(connection(log.id, 'c1'), 3)).cameOnline).toBe(true);
  });

  it('fails every call at once while it is away, and goes on by itself when it is back', async () => {
    const log = inbox('alice');
    await engine.log.append(log, [entry('a', 'bob', '1')]);
    await server.kill();
    await eventually(() => expect(engine.ping(1000)).rejects.toBeInstanceOf(EngineUnavailableError));
    const calls = [
      engine.log.append(log, [entry('b')]),
      engine.log.read(log, 0, 1),
      engine.log.acknowledge(log, { messageId: 1, epoch: '', status: 'delivered' }),
      engine.presence.register(connection(log.id, 'c1'), 3),
      engine.presence.remove(log.id, 'c1'),
      engine.presence.refresh([{ userId: log.id, connectionId: 'c1' }]),
      engine.presence.locate(log.id),
      engine.presence.setStatus(log.id, 'c1', 'away'),
      engine.presence.describe([log.id]),
      engine.log.status(log),
      engine.watchers.add([log.id], gateway('gateway-01')),
      engine.watchers.remove([log.id], gateway('gateway-01')),
      engine.watchers.of(log.id),
      engine.conversations.join('general', log.id),
      engine.conversations.leave('general', log.id),
      engine.conversations.isMember('general', log.id),
      engine.conversations.strangers('general', [log.id]),
      engine.conversations.members('general', '0', 10),
      engine.conversations.of(log.id),
      engine.conversations.subscribe('general', gateway('gateway-01')),
      engine.conversations.unsubscribe('general', gateway('gateway-01')),
      engine.conversations.refresh(gateway('gateway-01'), ['general']),
      engine.conversations.describe('general'),
      engine.presence.ofGateway('gateway-01', 'first', '0', 10),
      engine.leases.hold([{ role: 'gateway', id: '01', incarnation: 'a' }], 1000),
      engine.leases.release([{ role: 'gateway', id: '01', incarnation: 'a' }]),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(EngineUnavailableError) });
    }
    await server.restart();
    await eventually(() => engine.ping(1000));
    expect((await engine.log.append(log, [entry('a', 'bob', '1')])).appended).toMatchObject([
      { messageId: 1, duplicate: true },
    ]);
  });

  it('fails what was under way when the connection broke, and does not send it again', async () => {
    const log = inbox('alice');
    await engine.log.append(log, [entry('a')]);
    server.pause();
    const lost = engine.log.append(log, [entry('b')]);
    const seen = expect(lost).rejects.toBeInstanceOf(EngineUnavailableError);
    await new Promise((turn) => setImmediate(turn));
    await server.kill();
    await seen;
    await server.restart();
    await eventually(() => engine.ping(1000));
    // It was written to a frozen server that died: not stored, and nobody stored it later.
    expect((await engine.log.append(log, [entry('c')])).appended).toMatchObject([{ messageId: 2 }]);
  });

  it('gives up waiting for a server that does not answer', async () => {
    server.pause();
    try {
      await expect(engine.ping(20)).rejects.toBeInstanceOf(EngineUnavailableError);
      await expect(engine.log.append(inbox('alice'), [entry('a')])).rejects.toBeInstanceOf(EngineUnavailableError);
    } finally {
      server.resume();
    }
    await eventually(() => engine.ping(1000));
  });

  it('drops the connection of a server that stays silent, and what was asked on it', async () => {
    const errors: Error[] = [];
    const other = new Connected(server.url, (error) => errors.push(error));
    await other.start();
    server.pause();
    try {
      await expect(other.script('locate', [], [90_000])).rejects.toBeInstanceOf(EngineUnavailableError);
      await eventually(() => expect(errors.map(String)).toContain('Error: Redis has been silent for too long.'));
    } finally {
      server.resume();
    }
    await eventually(() => other.script('locate', [], [90_000]));
    await other.stop();
    await eventually(() => engine.ping(1000));
  });

  it('fails what waits behind a call that is not answered along with it', async () => {
    const logs = Array.from({ length: 5 }, (_, i) => inbox(`user ${i}`));
    server.pause();
    const settled: Promise<PromiseSettledResult<unknown>[]>[] = [];
    try {
      for (const log of logs) {
        settled.push(Promise.allSettled([engine.log.append(log, [entry('a')])]));
        await new Promise((turn) => setImmediate(turn));
      }
      // Bounded by one time-out of a command (3 s), not by one for each call.
      for (const [result] of await Promise.all(settled)) {
        expect(result).toMatchObject({ status: 'rejected', reason: expect.any(EngineUnavailableError) });
      }
    } finally {
      server.resume();
    }
    await eventually(() => engine.ping(1000));
  });

  it('keeps a log that cannot be written from harming others of the same call', async () => {
    await server.withClient((client) => client.set('inbox:{presence:broken}', 'not a stream'));
    const [before, broken, after] = await Promise.allSettled([
      engine.log.append({ kind: 'inbox', id: 'before' }, [entry('a')]),
      engine.log.append({ kind: 'inbox', id: 'broken' }, [entry('a')]),
      engine.log.append({ kind: 'inbox', id: 'after' }, [entry('a')]),
    ]);
    expect(before).toMatchObject({ status: 'fulfilled', value: { appended: [{ messageId: 1 }] } });
    expect(broken).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('WRONGTYPE') } });
    expect(after).toMatchObject({ status: 'fulfilled', value: { appended: [{ messageId: 1 }] } });
  });

  it('says so when the server may not be written to', async () => {
    await server.withClient((client) => client.config('SET', 'maxmemory', '1'));
    const full = engine.log.append(inbox('alice'), [entry('a')]);
    await expect(full).rejects.toMatchObject({
      name: 'EngineUnavailableError',
      cause: { message: expect.stringMatching(/^OOM/) },
    });
    // The apps go on knowing of each other.
    const lease = { role: 'gateway', id: '01', incarnation: 'a' };
    expect(await engine.leases.hold([lease], 1000)).toMatchObject({ held: true });
    await engine.leases.release([lease]);
    await server.withClient((client) => client.config('SET', 'maxmemory', '0'));
    await server.withClient((client) => client.replicaof('127.0.0.1', 1));
    await expect(engine.log.append(inbox('alice'), [entry('a')])).rejects.toBeInstanceOf(EngineUnavailableError);
    await server.withClient((client) => client.replicaof('NO', 'ONE'));
    await eventually(() => engine.log.append(inbox('alice'), [entry('a')]));
  });

  it('stops while it is away', async () => {
    const other = createEngine({ kind: 'redis', url: server.url });
    await other.start();
    await server.kill();
    await eventually(() => expect(other.ping(1000)).rejects.toBeInstanceOf(EngineUnavailableError));
    await other.stop();
    await expect(other.log.read(inbox('alice'), 0, 1)).rejects.toBeInstanceOf(EngineUnavailableError);
    await server.restart();
    await eventually(() => engine.ping(1000));
  });
});

describe('starting on what is no fitting Redis', () => {
  let fake: Server | undefined;
  afterEach(() => new Promise<void>((done) => (fake ? fake.close(() => done()) : done())));

  it('fails with the reason when nobody listens, and may be started again', async () => {
    const engine = createEngine({ kind: 'redis', url: `redis://127.0.0.1:${await freePort()}` });
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(engine.start()).rejects.toMatchObject({
        name: 'EngineUnavailableError',
        message: expect.stringContaining('ECONNREFUSED'),
      });
    }
    await engine.stop();
  });

  it('names the version that is too old', async () => {
    const info = 'redis_version:6.2.14\r\nloading:0\r\n';
    fake = createServer((socket) => {
      socket.on('data', (data) => {
        const asked = data
          .toString()
          .toUpperCase()
          .split('\r\n')
          .filter((word) => /^(HELLO|CLIENT|INFO)$/.test(word));
        const answer = (word: string) =>
          word === 'INFO' ? `$${info.length}\r\n${info}\r\n` : word === 'HELLO' ? '%0\r\n' : '+OK\r\n';
        socket.write(asked.map(answer).join(''));
      });
      socket.on('error', () => undefined);
    });
    const port = await freePort();
    await new Promise<void>((done) => fake?.listen(port, '127.0.0.1', done));
    const engine = createEngine({ kind: 'redis', url: `redis://127.0.0.1:${port}` });
    await expect(engine.start()).rejects.toThrow(
      'Redis 6.2.14 is too old: the engine needs Redis 7.0 or Valkey 7.2 at least.',
    );
  });

  it.each([
    ['redis_version:7.0.0', true],
    ['redis_version:10.1.0', true],
    ['redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:7.2.5', true],
    ['redis_version:7.2.4\r\nvalkey_version:7.1.0', false],
    ['redis_version:6.9.9', false],
    ['', false],
  ])('judges %j', (info, fits) => {
    const check = () => checkServerVersion(`# Server\r\n${info}\r\nos:Linux\r\n`);
    if (fits) check();
    else expect(check).toThrow(/too old/);
  });

  it('whose numbers are too small for times is refused', () => {
    expect(() => checkServerVersion('redis_version:7.0.0\r\narch_bits:32\r\n')).toThrow(
      'The engine needs a Redis of 64 bits, this one has 32.',
    );
  });
});

describe('errors', () => {
  const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

  it('tells what may pass from what is a fault of ours', () => {
    const passing = ['READONLY You', 'LOADING Redis', 'OOM command', 'MASTERDOWN Link', 'CLUSTERDOWN The'];
    passing.push(
      'MOVED 1 a:1',
      'ASK 1 a:1',
      'TRYAGAIN Multiple keys',
      'NOREPLICAS Not enough',
      'MISCONF Errors writing',
    );
    passing.push('ERR Script attempted to access a non local key in a cluster node script: 1');
    for (const text of passing) {
      const cause = reply(text);
      expect(toEngineError(cause)).toMatchObject({ name: 'EngineUnavailableError', cause });
    }
    expect(toEngineError(new Error('Command timed out'))).toBeInstanceOf(EngineUnavailableError);
    const ours = reply('WRONGTYPE Operation against a key');
    expect(toEngineError(ours)).toBe(ours);
  });
});
