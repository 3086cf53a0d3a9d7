import { RedisCluster, RedisSentinel, RedisServer, eventually, type DataServer, type RedisNode } from '#testing';

export const ENGINES = ['redis', 'cluster', 'sentinel'] as const;
export type EngineName = (typeof ENGINES)[number];

/** What the apps keep their data in, and what can be done to it. */
export interface Victim {
  readonly server: DataServer;
  /** What can be hit by itself. */
  readonly parts: readonly string[];
  /** Whether every app can reach it over a proxy of its own. */
  readonly proxied: boolean;
  /** Crashes a part; the returned function starts it again. */
  crash(part: string): Promise<() => Promise<void>>;
  /** Freezes a part; the returned function lets it go on. */
  hang(part: string): Promise<() => Promise<void>>;
}

/** @param durable false: a crash loses all data, which no run survives unnoticed */
export async function startVictim(engine: EngineName, durable: boolean): Promise<Victim> {
  if (engine === 'cluster') return clustered(await RedisCluster.start({ durable }));
  if (engine === 'sentinel') return watched(await RedisSentinel.start({ durable, replicas: 2, minReplicas: 1 }));
  return single(await RedisServer.start({ durable }));
}

const single = (server: RedisServer): Victim => ({
  server,
  parts: ['redis'],
  proxied: true,
  crash: async () => {
    await server.kill();
    return () => server.restart();
  },
  hang: async () => {
    server.pause();
    return async () => server.resume();
  },
});

const clustered = (server: RedisCluster): Victim => ({
  server,
  parts: ['0', '1', '2'],
  proxied: false,
  crash: async (part) => {
    await server.killMaster(Number(part));
    return () => server.restart(Number(part));
  },
  hang: async (part) => {
    const node = await server.pauseMaster(Number(part));
    return async () => node.resume();
  },
});

/** Resolves once the former primary follows the new one again, so that what comes next hits a pair that is whole: one failure at a time. */
async function follows(node: RedisNode): Promise<void> {
  await eventually(
    async () => {
      const info = await node.text('INFO', 'replication');
      if (!info.includes('master_link_status:up')) throw new Error('does not follow yet');
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
}

const watched = (server: RedisSentinel): Victim => ({
  server,
  parts: ['primary'],
  proxied: false,
  crash: async () => {
    const node = await server.killPrimary();
    return async () => {
      await server.succeeded(node);
      await node.start();
      await follows(node);
    };
  },
  hang: async () => {
    const node = await server.primary();
    node.pause();
    return async () => {
      node.resume();
      // A hang that was over before anybody noticed is no failover.
      if ((await server.primary()) !== node) await follows(node);
    };
  },
});
