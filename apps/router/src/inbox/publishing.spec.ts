import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROLE } from '#contract';
import { RedisCarrier } from '#mesh';
import { eventually, FaultProxy, RedisServer, Stage, type RoleHost } from '#testing';
import { RouterModule } from '../router.module.js';
import { Edge, idsOf, numbers, textsOf } from '../testing/edge.js';

const suite = RedisServer.available ? describe : describe.skip;

/** A message alone is published by the step that stores it; all else goes by the mesh, whose way to Redis can be held here. */
suite('messages published by the append', () => {
  let redis: RedisServer;
  /** Between the router's carrier and Redis; its engine and the gateways have ways of their own. */
  let way: FaultProxy;
  let stage: Stage;
  let router: RoleHost;
  const carriers = new Map<string, RedisCarrier>();
  let alice: Edge;
  let bob: Edge;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(async () => redis.stop());

  beforeEach(async () => {
    way = await FaultProxy.start(Number(new URL(redis.url).port));
    const url = (id: string): string => (id === 'router-01' ? `redis://127.0.0.1:${way.port}` : redis.url);
    carriers.clear();
    const carrier = (id: string): RedisCarrier => {
      const made = new RedisCarrier({ url: url(id) });
      carriers.set(id, made);
      return made;
    };
    stage = await Stage.start({ kind: 'redis', redis, carrier });
    router = await stage.host(ROLE.router, 'router-01', RouterModule);
    alice = await Edge.start(stage, 'gateway-01');
    bob = await Edge.start(stage, 'gateway-02');
  });
  afterEach(async () => {
    await stage.stop();
    await way.stop();
  });

  const connect = (connectionId: string, gatewayId = 'gateway-02'): Promise<unknown> =>
    stage.engine.presence.register({ userId: 'bob', connectionId, gatewayId, incarnation: 'i', status: 'online' }, 3);
  const texts = (edge = bob): string[] => edge.delivered.flatMap(textsOf);
  const ephemeral = { ephemeral: true } as const;

  test('reach the recipient before the router has been answered, as all others do', async () => {
    await Promise.all([connect('c1'), connect('c2'), connect('c3', 'gateway-01')]);
    await alice.send('alice', 'bob', 'by the mesh', ephemeral);
    await alice.send('alice', 'bob', 'one');
    await eventually(() => expect(router.stats('router')['delivered']).toBe(4));
    await eventually(() => expect(idle()).toBe(true));
    way.cut(['up']);
    const accepted = alice.send('alice', 'bob', 'two');
    await eventually(() => expect([texts().at(-1), texts(alice).at(-1)]).toEqual(['two', 'two']));
    way.heal();
    const { messageId, timestamp } = await accepted;
    const { epoch } = await stage.engine.log.status({ kind: 'inbox', id: 'bob' });
    expect(bob.delivered.at(-1)).toMatchObject({ userId: 'bob', epoch, entries: [{ messageId, timestamp }] });
    expect(router.stats('router')).toMatchObject({ accepted: 2, delivered: 6 });
  });

  // Interleaving: an ephemeral message is told → its frame is held on its way → a stored one is appended, by another connection.
  test('do not overtake what the router told before', async () => {
    await connect('c1');
    await alice.send('alice', 'bob', '1');
    await eventually(() => expect(idle()).toBe(true));
    way.cut(['up']);
    const sent = [alice.send('alice', 'bob', '2', ephemeral)];
    await eventually(() => expect(router.stats('router')['delivered']).toBe(2));
    sent.push(alice.send('alice', 'bob', '3'));
    await eventually(() => expect(router.stats('router')['accepted']).toBe(2));
    expect(texts()).toEqual(['1']);
    way.heal();
    await Promise.all(sent);
    await eventually(() => expect(texts()).toEqual(['1', '2', '3']));
    // Once that has come, the short way is open again.
    await eventually(() => expect(idle()).toBe(true));
    way.cut(['up']);
    const last = alice.send('alice', 'bob', '4');
    await eventually(() => expect(texts().at(-1)).toBe('4'));
    way.heal();
    await last;
  });

  test('and those that are told keep their order, with ephemeral ones among them', async () => {
    await connect('c1');
    const sent = numbers(1, 400).map(String);
    const accepted: Promise<unknown>[] = [];
    for (const [i, text] of sent.entries()) {
      accepted.push(alice.send('alice', 'bob', text, i % 3 === 1 ? ephemeral : {}));
      // In runs of one to five, each either behind the answer to the last or close to it.
      if (i % 7 < 3) await accepted.at(-1);
      else if (i % 5 === 0) await new Promise((done) => setImmediate(done));
    }
    await Promise.all(accepted);
    await eventually(() => expect(texts()).toHaveLength(sent.length));
    expect(texts()).toEqual(sent);
    const stored = bob.delivered.flatMap(idsOf).filter((id) => id > 0);
    expect(stored).toEqual(numbers(1, stored.length));
  });

  test('come by the mesh to a gateway that could not be told, and once to each', async () => {
    const odd = await Edge.start(stage, 'gate"way');
    await Promise.all([connect('c1'), connect('c2', 'gate"way')]);
    await alice.send('alice', 'bob', 'one');
    await eventually(() => expect([texts(), texts(odd)]).toEqual([['one'], ['one']]));
    expect(router.stats('router')).toMatchObject({ delivered: 2 });
    await alice.send('alice', 'bob', 'two');
    await eventually(() =>
      expect([texts(), texts(odd)]).toEqual([
        ['one', 'two'],
        ['one', 'two'],
      ]),
    );
  });

  /** Redis has answered for all that the router sent. */
  function idle(): boolean {
    const { frames } = carriers.get('router-01')!;
    return frames?.sent === frames?.answered;
  }
});
