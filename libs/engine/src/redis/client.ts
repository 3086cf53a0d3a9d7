import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { parseTarget, readDirectReplies, retryDelayMs, sentinelOptions, tlsOptions, type Target } from '#redis';

/** How long a command may take before it counts as failed, ms. Long enough for a slow fsync, short enough for whoever waits for `accepted`. */
export const COMMAND_TIMEOUT_MS = 3000;

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
  retryStrategy: (attempt: number) => retryDelayMs(attempt),
  // A failover leaves us at a replica: go and find the new primary; the failed command is its caller's to repeat.
  reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 1 : false),
} satisfies RedisOptions;

/** A client that is not yet connected. `url`: one server, Sentinels or a cluster; see `EngineOptions`. */
export function makeClient(url: string): Redis | Cluster {
  const target = parseTarget(url);
  if (target.kind === 'cluster') return makeCluster(target);
  const sentinels = target.kind === 'sentinel';
  return readDirectReplies(sentinels ? new Redis({ ...OPTIONS, ...sentinelOptions(target) }) : new Redis(url, OPTIONS));
}

function makeCluster({ seeds, login, tls }: Extract<Target, { kind: 'cluster' }>): Cluster {
  const { retryStrategy: _own, enableOfflineQueue: _none, ...node } = OPTIONS;
  const cluster = new Cluster([...seeds], {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: (attempt) => retryDelayMs(attempt),
    // A node that is lost is forgotten, and found again by a redirect, or once all are lost by beginning anew with those of the URL. If each were tried
    // for ever, a client that knew none but nodes that are gone would never look for others.
    clusterNodeRetryStrategy: () => null,
    // What was under way when a node went may have been carried out: never send it again by itself.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // A frozen node: its connection goes, and with it what would pile up on it. (One server's: redis-server.ts.)
    redisOptions: { ...node, ...login, ...tlsOptions(tls), socketTimeout: 2 * COMMAND_TIMEOUT_MS },
  });
  // Left to itself a new one connects with the first command, and fails those that come until it is connected.
  cluster.on('+node', (master: Redis) => {
    readDirectReplies(master);
    if (cluster.status === 'ready' && !master.options.readOnly) master.connect().catch(() => undefined);
  });
  return cluster;
}
