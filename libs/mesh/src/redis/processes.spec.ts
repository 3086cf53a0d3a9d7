import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { lastValueFrom, toArray } from 'rxjs';
import { byKey, createMesh, everyone, RedisCarrier, type MeshNode } from '#mesh';
import { eventually, RedisServer } from '#testing';
import { Routers } from '../../test/processes/processes.js';
import { RedisTestLeases } from '../../test/processes/redis-leases.js';

const real = RedisServer.available ? describe : describe.skip;
const soon = { timeoutMs: 10_000 };

real('two routers as processes of their own, on a real Redis', () => {
  let redis: RedisServer;
  let routers: Routers;
  let leases: RedisTestLeases;
  let gateway: MeshNode;

  beforeAll(async () => {
    // Nest's own client logs each second answer as one without a question.
    Logger.overrideLogger(false);
    redis = await RedisServer.start();
  });
  afterAll(async () => redis.stop());
  beforeEach(async () => {
    await redis.flushAll();
    routers = new Routers(redis.url);
    leases = new RedisTestLeases(redis.url);
    gateway = createMesh({
      id: 'gateway-01',
      roles: ['gateway'],
      carrier: new RedisCarrier({ url: redis.url }),
      leases,
    });
    await Promise.all([routers.start('router-01', 'mesh'), routers.start('router-02', 'mesh'), gateway.join()]);
    await eventually(() => expect(gateway.members('router')).toHaveLength(2));
  });
  afterEach(async () => {
    try {
      await gateway.leave();
    } finally {
      await routers.stop();
      leases.close();
    }
  });

  const handled = (): Promise<string[]> => redis.withClient((client) => client.lrange('handled', 0, -1));
  const numbers = Array.from({ length: 100 }, (_, n) => n);

  /** The same requests over Nest's own Redis transport; returns how many answers each got. */
  const askOverNest = async (): Promise<number[]> => {
    const { hostname, port } = new URL(redis.url);
    const client = ClientProxyFactory.create({
      transport: Transport.REDIS,
      options: { host: hostname, port: Number(port) },
    });
    await client.connect();
    const answers = numbers.map((n) => lastValueFrom(client.send('work', { n }).pipe(toArray())));
    const counts = (await Promise.all(answers)).map((replies) => replies.length);
    await eventually(async () => expect(await handled()).toHaveLength(2 * numbers.length));
    await client.close();
    return counts;
  };

  test('handle each request exactly once, where the transport that Nest brings hands each to both', async () => {
    const replies = numbers.map((n) =>
      gateway.ask<{ by: string; n: number }>(byKey('router', `user-${n}`), 'work', { n }, soon),
    );
    const answers = await Promise.all(replies);
    const owners = numbers.map((n) => `${n} ${gateway.owner('router', `user-${n}`)?.id}`);
    expect(answers.map(({ n, by }) => `${n} ${by}`)).toEqual(owners);
    expect((await handled()).toSorted()).toEqual(owners.toSorted());
    expect(new Set(answers.map(({ by }) => by)).size).toBe(2);

    await redis.withClient((client) => client.del('handled'));
    await Promise.all([routers.start('nest-01', 'nest'), routers.start('nest-02', 'nest')]);
    await askOverNest();
    const twice = numbers.flatMap((n) => [`${n} nest-01`, `${n} nest-02`]);
    expect((await handled()).toSorted()).toEqual(twice.toSorted());
  });

  test('answer for each other when one is killed in the middle of a request, long before its lease ends', async () => {
    const mine = numbers.filter((n) => gateway.owner('router', `user-${n}`)?.id === 'router-01');
    expect(mine.length).toBeGreaterThan(10);
    await redis.withClient((client) => client.set('hold', 'router-01'));
    const options = { timeoutMs: 30_000, idempotent: true };
    const asks = mine.map((n) => gateway.ask<{ by: string }>(byKey('router', `user-${n}`), 'hang', { n }, options));
    await eventually(async () => expect(await handled()).toHaveLength(mine.length));
    await routers.kill('router-01');
    expect(new Set((await Promise.all(asks)).map(({ by }) => by))).toEqual(new Set(['router-02']));
    const expected = [...mine.map((n) => `${n} router-01`), ...mine.map((n) => `${n} router-02`)];
    expect(await handled()).toEqual(expected);
    // The lease of the dead one still stands: it was not its end that freed the asks.
    expect(await redis.withClient((client) => client.exists('test-lease:router:router-01'))).toBe(1);
    expect(gateway.members('router').map(({ id }) => id)).toEqual(['router-02']);
  });

  test('both hear what is told to all routers', async () => {
    expect(gateway.tell(everyone('router'), 'notice', 'hello')).toBe(true);
    await eventually(async () =>
      expect((await handled()).toSorted()).toEqual(['hello router-01', 'hello router-02'].toSorted()),
    );
  });

  test('refuse to start a third under an id that is live', async () => {
    await expect(routers.start('router-01', 'mesh')).rejects.toThrow(/"router-01" is held by another live instance/);
    const reply = await gateway.ask<{ n: number }>(byKey('router', 'user-1'), 'work', { n: 1 }, soon);
    expect(reply.n).toBe(1);
  });
});
