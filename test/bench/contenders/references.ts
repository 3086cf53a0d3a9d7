import { RedisServer } from '#testing';
import { startReference, type Server } from './server.js';
import { DURABILITY, pidOf, type System } from './system.js';

interface Part {
  readonly name: string;
  readonly main: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The path that clients connect to; none: clients do not. */
  readonly path?: string;
}

async function system(parts: readonly Part[], withRedis: boolean): Promise<System> {
  const redis = withRedis ? await RedisServer.start(DURABILITY) : undefined;
  const started: { readonly part: Part; readonly server: Server }[] = [];
  for (const part of parts) {
    const env = { INSTANCE_ID: part.name, ...(redis && { REDIS_URL: redis.url }), ...part.env };
    started.push({ part, server: await startReference(part.main, env) });
  }
  const pids = Object.fromEntries(started.map(({ part, server }) => [part.name, server.pid]));
  return {
    urls: started.flatMap(({ part, server }) =>
      part.path === undefined ? [] : `ws://127.0.0.1:${server.port}${part.path}`,
    ),
    pids: redis ? { ...pids, redis: await pidOf(redis) } : pids,
    log: (process) => started.find(({ part }) => part.name === process)?.server.log() ?? '',
    stop: async () => {
      await Promise.all(started.map(({ server }) => server.stop()));
      await redis?.stop();
    },
  };
}

const gateways = (count: number, part: Omit<Part, 'name'>): Part[] =>
  Array.from({ length: count }, (_, i) => ({ ...part, name: `gateway-${String(i + 1).padStart(2, '0')}` }));

/** Engine.IO's own path; the handshake says that there will be no polling. */
const SOCKET_IO_PATH = '/socket.io/?EIO=4&transport=websocket';

export const naiveRelay = (): Promise<System> => system(gateways(2, { main: 'naive-relay', path: '/' }), true);

/** `envOf`: for one gateway alone. */
export const tunedRelay = (envOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {}): Promise<System> => {
  const parts = gateways(2, { main: 'tuned-relay', path: '/' });
  return system(
    parts.map((part) => ({ ...part, env: { ...part.env, ...envOf[part.name] } })),
    true,
  );
};

export const socketIo = (
  adapter: 'redis' | 'streams' | 'none',
  count = 2,
  env: Readonly<Record<string, string>> = {},
): Promise<System> =>
  system(
    gateways(count, { main: 'socket-io', path: SOCKET_IO_PATH, env: { ADAPTER: adapter, ...env } }),
    adapter !== 'none',
  );

export const plainNest = (): Promise<System> =>
  system([{ name: 'router-01', main: 'nest/router' }, ...gateways(2, { main: 'nest/gateway', path: '/' })], true);

export const bareWs = (env: Readonly<Record<string, string>> = {}): Promise<System> =>
  system(gateways(1, { main: 'bare-ws', path: '/', env }), false);
