import type { RedisOptions } from 'ioredis';
import { retryDelayMs } from './retry-delay.js';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What a URL names: one server, the primary that Sentinels name, or a cluster. `tls`: all connections are, those to the Sentinels too. */
export type Target =
  | { readonly kind: 'server'; readonly url: string }
  | {
      readonly kind: 'sentinel';
      readonly sentinels: readonly Endpoint[];
      readonly name: string;
      readonly login: Login;
      readonly tls: boolean;
    }
  | { readonly kind: 'cluster'; readonly seeds: readonly Endpoint[]; readonly login: Login; readonly tls: boolean };

type Login = Pick<RedisOptions, 'username' | 'password'>;

/** One that hangs must not hide the others, ms. */
const SENTINEL_TIMEOUT_MS = 1_000;
const PORT = { sentinel: 26_379, cluster: 6_379 } as const;

/**
 * `redis://…` (one server), `redis+sentinel://[[user]:password@]host[:port],…[/name]` (name: `mymaster`), or
 * `redis+cluster://[[user]:password@]host[:port],…`; with `rediss` in place of `redis`, by TLS. Throws without repeating what may be a password.
 */
export function parseTarget(url: string): Target {
  if (/^rediss?:\/\//.test(url)) return { kind: 'server', url };
  const [, s, kind, login = '', hosts = '', path = ''] =
    /^redis(s?)\+(sentinel|cluster):\/\/(?:(.*)@)?([^@/]+)(?:\/(.*))?$/.exec(url) ?? [];
  const tls = s === 's';
  if (kind === 'sentinel') {
    const sentinels = endpoints(hosts, PORT.sentinel);
    return { kind, sentinels, name: path || 'mymaster', login: parseLogin(login), tls };
  }
  if (kind === 'cluster') return { kind, seeds: endpoints(hosts, PORT.cluster), login: parseLogin(login), tls };
  const allowed = 'redis://, redis+sentinel://host,…/name and redis+cluster://host,…, or rediss in place of redis';
  throw new Error(`Redis url "${url.split('@').at(-1)}": allowed are ${allowed}`);
}

/** Host names, IPv4 addresses, IPv6 addresses in brackets. */
function endpoints(hosts: string, defaultPort: number): Endpoint[] {
  return hosts.split(',').map((one) => {
    const [, bracketed, plain = one, port] = /^(?:\[(.+)\]|([^:]*))(?::(\d+))?$/.exec(one) ?? [];
    return { host: bracketed ?? plain, port: port === undefined ? defaultPort : Number(port) };
  });
}

function parseLogin(login: string): Login {
  const [, username = '', password = ''] = /^([^:]*):?(.*)$/.exec(login) ?? [];
  return {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
  };
}

/** Options of a connection to a server that a `tls` target names. */
export const tlsOptions = (tls: boolean): Pick<RedisOptions, 'tls'> => (tls ? { tls: {} } : {});

/** Options of a client that finds its server by Sentinels. */
export function sentinelOptions({ sentinels, name, login, tls }: Extract<Target, { kind: 'sentinel' }>): RedisOptions {
  return {
    ...login,
    sentinels: [...sentinels],
    name,
    sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
    sentinelRetryStrategy: (attempt) => retryDelayMs(attempt),
    ...(tls && { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
  };
}
