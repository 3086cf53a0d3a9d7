import { performance } from 'node:perf_hooks';
import { PRESENCE, ROLE } from '#contract';
import { createEngine } from '#engine';
import { RedisCarrier, byKey, createMesh, type MeshNode } from '#mesh';
import { Cluster, eventually } from '#testing';

/**
 * How long after a gateway's end its users are offline: `npm run build && node dist/test/bench/presence/sweep.js [users] [instances]`.
 * Measured from its goodbye; a gateway that dies without one is noticed up to 5 s later, when its lease ends.
 */
const [users = 50_000, instances = 2] = process.argv.slice(2).map(Number);

interface Counted {
  readonly offline: number;
  readonly swept: number;
}

async function registerAll(gateway: MeshNode): Promise<void> {
  const { id: gatewayId, incarnation } = gateway.self;
  const names = Array.from({ length: users }, (_, i) => `user-${i}`).values();
  const work = async (): Promise<void> => {
    for (const userId of names) {
      const request = { userId, connectionId: `connection of ${userId}`, gatewayId, incarnation };
      await gateway.ask(byKey(ROLE.presence, userId), PRESENCE.register, request, { timeoutMs: 20_000 });
    }
  };
  await Promise.all(Array.from({ length: 512 }, work));
}

const seconds = (since: number): string => ((performance.now() - since) / 1_000).toFixed(1);

const cluster = await Cluster.start();
const engine = createEngine({ kind: 'redis', url: cluster.redis.url });
try {
  const presences = await Promise.all(
    Array.from({ length: instances }, (_, i) => cluster.spawn('presence', `presence-0${i + 1}`)),
  );
  await engine.start();
  const carrier = new RedisCarrier({ url: cluster.redis.url });
  const gateway = createMesh({ id: 'gateway-01', roles: [ROLE.gateway], carrier, leases: engine.leases });
  await gateway.join();
  await eventually(() => {
    if (gateway.members(ROLE.presence).length < instances) throw new Error('not all there');
  });
  const began = performance.now();
  await registerAll(gateway);
  process.stdout.write(`${users} users registered with ${instances} instances in ${seconds(began)} s\n`);
  const total = async (name: keyof Counted): Promise<number> => {
    const stats = await Promise.all(presences.map((app) => app.json('/stats')));
    return stats.reduce((sum, each) => sum + (each['presence'] as Counted)[name], 0);
  };
  const left = performance.now();
  await gateway.leave();
  const reached = (name: keyof Counted): Promise<string> =>
    eventually(
      async () => {
        if ((await total(name)) < users) throw new Error(`${name}: not all`);
        return seconds(left);
      },
      { timeoutMs: 120_000, everyMs: 100 },
    );
  const [swept, offline] = await Promise.all([reached('swept'), reached('offline')]);
  process.stdout.write(`swept after ${swept} s, all announced offline after ${offline} s\n`);
} finally {
  await engine.stop();
  await cluster.stop();
}
