import { isIP } from 'node:net';
import type { ConfigProblem } from './config-error.js';
import type { App } from './variable.js';
import type { VariableName } from './variables.js';

type Values = Readonly<Partial<Record<VariableName, unknown>>>;
type Rule = (values: Values, app: App | undefined) => ConfigProblem | undefined;

/** Only this machine can reach a server that listens there. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === 'localhost' || host === '::1';
}

/** A process of its own cannot share what lives inside another process. */
const onlyStandalone =
  (name: 'ENGINE' | 'CARRIER', inside: string): Rule =>
  (values, app) =>
    values[name] === inside && app !== 'standalone'
      ? { name, value: inside, allowed: `redis (${inside} only in standalone: apps of their own cannot share it)` }
      : undefined;

const insecureOnlyOnLoopback: Rule = ({ AUTH_MODE, HOST, ALLOW_INSECURE }) =>
  AUTH_MODE === 'none' && ALLOW_INSECURE === false && typeof HOST === 'string' && !isLoopback(HOST)
    ? {
        name: 'AUTH_MODE',
        value: 'none',
        allowed: `none only on a loopback HOST (now ${HOST}), since anyone may claim to be any user; ALLOW_INSECURE=1 permits it`,
      }
    : undefined;

const timeoutAboveInterval: Rule = ({ HEARTBEAT_INTERVAL_MS: interval, HEARTBEAT_TIMEOUT_MS: timeout }) =>
  typeof interval === 'number' && typeof timeout === 'number' && timeout <= interval
    ? { name: 'HEARTBEAT_TIMEOUT_MS', value: String(timeout), allowed: `more than HEARTBEAT_INTERVAL_MS (${interval})` }
    : undefined;

const KEY_SOURCES = ['JWT_SECRET', 'JWT_PUBLIC_KEY', 'JWT_PUBLIC_KEY_FILE', 'JWT_JWKS_URL'] as const;

/** A key that nobody asks for is a mistake that lets everybody in. */
const keysAreUsed: Rule = (values) => {
  const [name] = KEY_SOURCES.filter((source) => values[source] !== undefined);
  return values.AUTH_MODE === 'none' && name !== undefined
    ? { name: 'AUTH_MODE', value: 'none', allowed: `jwt, since ${name} is set; or none, without it` }
    : undefined;
};

const oneKeySource: Rule = (values) => {
  if (values.AUTH_MODE !== 'jwt') return undefined;
  const given = KEY_SOURCES.filter((source) => values[source] !== undefined);
  if (given.length === 1) return undefined;
  const found = given.length === 0 ? 'none of them is set' : `set are ${given.join(' and ')}`;
  return { name: 'AUTH_MODE', value: 'jwt', allowed: `jwt with exactly one of ${KEY_SOURCES.join(', ')}; ${found}` };
};

const certificateWithKey: Rule = ({ TLS_CERT_FILE: certificate, TLS_KEY_FILE: key }) => {
  if ((certificate === undefined) === (key === undefined)) return undefined;
  const [name, other] =
    certificate === undefined
      ? (['TLS_CERT_FILE', 'TLS_KEY_FILE'] as const)
      : (['TLS_KEY_FILE', 'TLS_CERT_FILE'] as const);
  return { name, value: undefined, allowed: `a file, since ${other} is set; or both unset` };
};

const RULES: readonly Rule[] = [
  onlyStandalone('ENGINE', 'embedded'),
  onlyStandalone('CARRIER', 'local'),
  insecureOnlyOnLoopback,
  keysAreUsed,
  oneKeySource,
  certificateWithKey,
  timeoutAboveInterval,
];

/** What is wrong between values that are each allowed alone. */
export function brokenRules(values: Values, app: App | undefined): ConfigProblem[] {
  return RULES.map((rule) => rule(values, app)).filter((problem) => problem !== undefined);
}
