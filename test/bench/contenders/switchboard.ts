import { Cluster } from '#testing';
import { DURABILITY, pidOf, type System } from './system.js';

/** Limits that a load generator, all of it at one address, would run into. */
const UNLIMITED = {
  RATE_LIMIT_FRAMES: '0',
  RATE_LIMIT_BYTES: '0',
  USER_RATE_LIMIT_FRAMES: '0',
  MAX_UPGRADES_PER_SECOND: '1000000',
  MAX_CONNECTIONS_PER_ADDRESS: '1000000',
  OVERLOAD_LAG_MS: '60000',
  LOG_LEVEL: 'warn',
};

export interface SwitchboardOptions {
  readonly gateways?: number;
  readonly routers?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** For one app alone, by its instance id. */
  readonly envOf?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Switchboard extends System {
  readonly cluster: Cluster;
}

const named = (role: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${role}-${String(i + 1).padStart(2, '0')}`);

/** Presence, routers, gateways and Redis, each a process. */
export async function switchboard(options: SwitchboardOptions = {}): Promise<Switchboard> {
  const { gateways = 2, routers = 1, env = {}, envOf = {} } = options;
  const cluster = await Cluster.start(DURABILITY);
  const start = async (app: 'gateway' | 'router' | 'presence', id: string): Promise<[string, number]> => {
    const { pid } = await cluster.spawn(app, id, { ...UNLIMITED, ...env, ...envOf[id] });
    return [id, pid];
  };
  try {
    const pids = await Promise.all([
      start('presence', 'presence-01'),
      ...named('router', routers).map((id) => start('router', id)),
      ...named('gateway', gateways).map((id) => start('gateway', id)),
    ]);
    return {
      cluster,
      urls: named('gateway', gateways).map((id) => `ws://127.0.0.1:${cluster.app(id).port}/ws`),
      pids: { ...Object.fromEntries(pids), redis: await pidOf(cluster.redis) },
      log: (process) => cluster.app(process).log,
      stop: () => cluster.stop(),
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
