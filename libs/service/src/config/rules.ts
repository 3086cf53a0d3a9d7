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

const RULES: readonly Rule[] = [
  onlyStandalone('ENGINE', 'embedded'),
  onlyStandalone('CARRIER', 'local'),
  insecureOnlyOnLoopback,
  timeoutAboveInterval,
];

/** What is wrong between values that are each allowed alone. */
export function brokenRules(values: Values, app: App | undefined): ConfigProblem[] {
  return RULES.map((rule) => rule(values, app)).filter((problem) => problem !== undefined);
}
