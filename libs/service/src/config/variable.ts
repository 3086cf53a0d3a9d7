import { isIP } from 'node:net';
import { z } from 'zod';

/** The apps that run as a service of their own, or all in one. */
export const APPS = ['gateway', 'presence', 'router', 'standalone'] as const;
export type App = (typeof APPS)[number];

/** A default that is made at start; `text` is what the documentation says of it. */
export interface ComputedDefault {
  readonly text: string;
  readonly make: (env: NodeJS.ProcessEnv, app: App | undefined) => string;
}

export type Default = string | Readonly<Partial<Record<App, string>>> | ComputedDefault;

/** One environment variable. `allowed` completes "… is not allowed; allowed: …". */
export interface Variable<T = unknown> {
  readonly schema: z.ZodType<T, string>;
  readonly allowed: string;
  readonly description: string;
  /** As one would write it in the environment. Absent: must be set, unless `optional`. */
  readonly default?: Default;
  readonly optional?: true;
  /** Its value is never printed. */
  readonly secret?: true;
}

type Kind<T> = Pick<Variable<T>, 'schema' | 'allowed'>;

export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Kind<number> {
  const upper = max === Number.MAX_SAFE_INTEGER ? ` or more` : ` to ${max}`;
  return {
    schema: z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max)),
    allowed: `a whole number, ${min}${upper}`,
  };
}

/** Milliseconds; timers of Node hold at most 2^31 - 1 of them. */
export const milliseconds = (min: number): Kind<number> => integer(min, 2 ** 31 - 1);

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A span as `30d`, `12h`, `15m`, `90s`, or plain milliseconds. */
export function duration(): Kind<number> {
  const toMs = (span: string): number => {
    const [, count, unit] = /^(\d+)(ms|s|m|h|d)?$/.exec(span) ?? [];
    return Number(count) * UNIT_MS[(unit ?? 'ms') as keyof typeof UNIT_MS];
  };
  return {
    schema: z
      .string()
      .regex(/^\d+(ms|s|m|h|d)?$/)
      .transform(toMs)
      .pipe(z.number().min(1).max(Number.MAX_SAFE_INTEGER)),
    allowed: 'a time span above 0 such as 30d, 12h, 15m, 90s, or a number of milliseconds',
  };
}

export function oneOf<const V extends readonly [string, ...string[]]>(values: V): Kind<V[number]> {
  return { schema: z.enum(values), allowed: values.join(', ') };
}

export function flag(): Kind<boolean> {
  return { schema: z.enum(['0', '1']).transform((value) => value === '1'), allowed: '0, 1' };
}

export function text(pattern: RegExp, allowed: string): Kind<string> {
  return { schema: z.string().regex(pattern), allowed };
}

export function url(protocols: readonly string[], allowed: string): Kind<string> {
  const fits = (value: string): boolean =>
    URL.canParse(value) && protocols.includes(new URL(value).protocol) && new URL(value).hostname !== '';
  return { schema: z.string().refine(fits), allowed };
}

/** One server, the primary that Sentinels name, or a cluster. `URL` cannot take several hosts apart. */
export function redisUrl(): Kind<string> {
  const one = url(['redis:', 'rediss:'], '').schema;
  const host = String.raw`(?:\[[\da-fA-F:.]+\]|[\w.-]+)(?::\d+)?`;
  const several = new RegExp(
    String.raw`^rediss?\+(?:sentinel://(?:[^@/\s]*@)?${host}(?:,${host})*(?:/[\w.-]*)?|cluster://(?:[^@/\s]*@)?${host}(?:,${host})*/?)$`,
  );
  return {
    schema: z.string().refine((value) => several.test(value) || one.safeParse(value).success),
    allowed:
      'redis://[[user]:password@]host[:port][/db], redis+sentinel://[[user]:password@]host[:port],…[/name], ' +
      'redis+cluster://[[user]:password@]host[:port],…; rediss in place of redis for TLS',
  };
}

/** Comma-separated; spaces around items do not count. */
export function list(item: RegExp, allowed: string): Kind<readonly string[]> {
  const split = (value: string): string[] => value.split(',').map((part) => part.trim());
  return {
    schema: z
      .string()
      .transform(split)
      .pipe(z.array(z.string().regex(item))),
    allowed,
  };
}

/** Ranges of addresses by the names that `proxy-addr` has for them. */
const RANGES = ['loopback', 'linklocal', 'uniquelocal'];

function isRange(item: string): boolean {
  const [address = '', bits, ...more] = item.split('/');
  const family = isIP(address);
  if (family === 0) return RANGES.includes(item);
  const most = family === 4 ? 32 : 128;
  return more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}

/** Addresses and ranges of them, comma-separated. */
export function addresses(): Kind<readonly string[]> {
  const split = (value: string): string[] => value.split(',').map((part) => part.trim());
  return {
    schema: z
      .string()
      .transform(split)
      .pipe(z.array(z.string().refine(isRange))),
    allowed: `addresses, ranges such as 10.0.0.0/8, and ${RANGES.join(', ')}, separated by commas`,
  };
}
