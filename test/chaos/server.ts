import { RedisCluster, RedisSentinel, RedisServer, type DataServer } from '#testing';

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
  hang(part: string): Promise<() => void>;
}

/** @param durable false: a crash loses all data, which no run survives unnoticed */
export async function startVictim(engine: EngineName, durable: boolean): Promise<Victim> {
  if (engine === 'cluster') return clustered(await RedisCluster.start({ durable }));
  if (engine === 'sentinel') return watched(await RedisSentinel.start({ durable }));
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
    return () => server.resume();
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
    return () => node.resume();
  },
});

const watched = (server: RedisSentinel): Victim => ({
  server,
  parts: ['primary'],
  proxied: false,
  crash: async () => {
    const node = await server.killPrimary();
    return async () => {
      await server.succeeded(node);
      await node.start();
    };
  },
  hang: async () => {
    const node = await server.primary();
    node.pause();
    return () => node.resume();
  },
});
