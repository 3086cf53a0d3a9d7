import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** How long a command may take before it counts as failed, ms. Long enough for a slow fsync, short enough for whoever waits for `accepted`. */
export const COMMAND_TIMEOUT_MS = 3000;
const SENTINEL_TIMEOUT_MS = 1000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2000;

/** Delay before the n-th attempt to reconnect, ms: doubling, at most 2 s, less up to half by chance, so that a fleet does not return at once. Never gives up. */
export function backOff(attempt: number): number {
  const full = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10));
  return Math.ceil(full * (1 - Math.random() / 2));
}

/**
 * Nothing waits for an absent server and nothing is sent twice: commands fail at once while it is away (no offline queue), and those
 * under way when the connection breaks fail too. Whether they were carried out is unknown then; the caller repeats with the same id.
 */
const OPTIONS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: COMMAND_TIMEOUT_MS,
  // How long a stop waits for the server to close its side.
  disconnectTimeout: 200,
  retryStrategy: backOff,
  // A failover leaves us at a replica: go and find the new primary; the failed command is its caller's to repeat.
  reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 1 : false),
} satisfies RedisOptions;

/** Hosts of `redis+sentinel://[user:password@]host:port,host:port/path`, which `URL` can not take apart. */
function parts(url: string, defaultPort: number) {
  const [, login, hosts = '', path = ''] = /^[^:]+:\/\/(?:(.*)@)?([^/]*)\/?(.*)$/.exec(url) ?? [];
  const [, username = '', password = ''] = /^([^:]*):?(.*)$/.exec(login ?? '')?.map(decodeURIComponent) ?? [];
  const nodes = hosts.split(',').map((node) => {
    const [, bracketed, plain = node, port] = /^(?:\[(.+)\]|([^:]*))(?::(\d+))?$/.exec(node) ?? [];
    return { host: bracketed ?? plain, port: port === undefined ? defaultPort : Number(port) };
  });
  return { nodes, path, login: { ...(username && { username }), ...(password && { password }) } };
}

/** A client that is not yet connected. `url`: one server, Sentinels or a cluster; see `EngineOptions`. */
export function makeClient(url: string): Redis | Cluster {
  if (url.startsWith('redis+sentinel://')) {
    const { nodes, path, login } = parts(url, 26_379);
    return new Redis({
      ...OPTIONS,
      ...login,
      sentinels: nodes,
      name: path || 'mymaster',
      sentinelRetryStrategy: backOff,
      // One that hangs must not hide the others.
      sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
    });
  }
  if (url.startsWith('redis+cluster://')) {
    const { nodes, login } = parts(url, 6379);
    const { retryStrategy: _own, enableOfflineQueue: _none, ...node } = OPTIONS;
    const cluster = new Cluster(nodes, {
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: backOff,
      // A node that is lost is forgotten, and found again by a redirect, or once all are lost by beginning anew with those of the URL. If each were tried
      // for ever, a client that knew none but nodes that are gone would never look for others.
      clusterNodeRetryStrategy: () => null,
      // What was under way when a node went may have been carried out: never send it again by itself.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      // A frozen node: its connection goes, and with it what would pile up on it. (One server's: redis-server.ts.)
      redisOptions: { ...node, ...login, socketTimeout: 2 * COMMAND_TIMEOUT_MS },
    });
    // Left to itself a new one connects with the first command, and fails those that come until it is connected.
    cluster.on('+node', (master: Redis) => {
      if (cluster.status === 'ready' && !master.options.readOnly) master.connect().catch(() => undefined);
    });
    return cluster;
  }
  return new Redis(url, OPTIONS);
}
