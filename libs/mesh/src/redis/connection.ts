import { Redis, type RedisOptions } from 'ioredis';
import { readDirectReplies, retryDelayMs, sentinelOptions, type Endpoint, type Target } from '#redis';

export interface ConnectionOptions {
  /** One server, or whom the Sentinels name. */
  readonly to: Endpoint | Exclude<Target, { kind: 'cluster' }>;
  readonly redis: RedisOptions;
  /** Between two pings; after three of them without an answer the connection counts as dead. */
  readonly pingMs: number;
  /** Each failed attempt, each connection lost. */
  readonly onError: (error: unknown) => void;
}

/**
 * A connection that comes back by itself and never keeps a command for later: what cannot be sent fails at once, and what was sent when the
 * connection broke fails rather than being sent twice.
 */
export function connect({ to, redis, pingMs, onError }: ConnectionOptions): Redis {
  const options: RedisOptions = {
    connectTimeout: 3_000,
    // How long a stop waits for the server to close its side.
    disconnectTimeout: 200,
    ...redis,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    socketTimeout: 3 * pingMs,
    retryStrategy: (attempt) => retryDelayMs(attempt),
  };
  const client = readDirectReplies(open(to, options));
  client.on('error', onError);
  client.on('close', () => onError(new Error('The connection to Redis was lost')));
  return client;
}

function open(to: ConnectionOptions['to'], options: RedisOptions): Redis {
  if (!('kind' in to)) return new Redis({ ...options, host: to.host, port: to.port });
  if (to.kind === 'server') return new Redis(to.url, options);
  return new Redis({ ...options, ...sentinelOptions(to) });
}

/** Ends a connection; what was sent before is answered first where that takes no longer than `patienceMs`. */
export async function end(client: Redis, patienceMs = 1_000): Promise<void> {
  if (client.status !== 'ready') return drop(client, patienceMs);
  const ended = new Promise<void>((done) => client.once('end', done));
  client.quit().catch(() => client.disconnect());
  await within(patienceMs, ended);
  if ((client.status as string) !== 'end') client.disconnect();
}

/** Ends a connection at once. */
export async function drop(client: Redis, patienceMs = 1_000): Promise<void> {
  const { status } = client;
  const ended = new Promise<void>((done) => client.once('end', done));
  client.disconnect();
  // Between two attempts there is no connection that could end.
  if (status !== 'reconnecting' && status !== 'end') await within(patienceMs, ended);
}

async function within(ms: number, ended: Promise<void>): Promise<void> {
  let impatience: NodeJS.Timeout | undefined;
  const impatient = new Promise<void>((done) => {
    impatience = setTimeout(done, ms);
  });
  await Promise.race([ended, impatient]);
  clearTimeout(impatience);
}
