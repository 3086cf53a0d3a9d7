import type { RedisOptions } from 'ioredis';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What a URL names: one server, the primary that Sentinels name, or a cluster. */
export type Target =
  | { readonly kind: 'server'; readonly url: string }
  | { readonly kind: 'sentinel'; readonly sentinels: readonly Endpoint[]; readonly name: string; readonly login: Login }
  | { readonly kind: 'cluster'; readonly seeds: readonly Endpoint[]; readonly login: Login };

type Login = Pick<RedisOptions, 'username' | 'password'>;

const PORT = { sentinel: 26_379, cluster: 6_379 } as const;

/**
 * `redis://…`, `rediss://…`, `redis+sentinel://[[user]:password@]host[:port],…[/name]` (name: `mymaster`), or
 * `redis+cluster://[[user]:password@]host[:port],…`. Throws without repeating what may be a password.
 */
export function parseTarget(url: string): Target {
  if (/^rediss?:\/\//.test(url)) return { kind: 'server', url };
  const [, kind, login = '', hosts = '', path = ''] =
    /^redis\+(sentinel|cluster):\/\/(?:(.*)@)?([^@/]+)(?:\/(.*))?$/.exec(url) ?? [];
  if (kind === 'sentinel') {
    const sentinels = endpoints(hosts, PORT.sentinel);
    return { kind, sentinels, name: path || 'mymaster', login: parseLogin(login) };
  }
  if (kind === 'cluster') return { kind, seeds: endpoints(hosts, PORT.cluster), login: parseLogin(login) };
  const allowed = 'redis://, rediss://, redis+sentinel://host,…/name and redis+cluster://host,…';
  throw new Error(`RedisCarrier url "${url.split('@').at(-1)}": allowed are ${allowed}`);
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
