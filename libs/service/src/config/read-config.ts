import type { z } from 'zod';
import { ConfigError, type ConfigProblem } from './config-error.js';
import { brokenRules } from './rules.js';
import type { App, Variable } from './variable.js';
import { VARIABLES, type CommonVariable, type VariableName } from './variables.js';

type ValueOf<N extends VariableName> =
  | z.output<(typeof VARIABLES)[N]['schema']>
  | ((typeof VARIABLES)[N] extends { readonly optional: true } ? undefined : never);

/** The values of some variables, by their names in the environment. Frozen. */
export type Config<N extends VariableName = CommonVariable> = { readonly [K in N]: ValueOf<K> };

/** The value as it may be printed: no secret, no credentials of a URL, however badly it is written. */
function printable(variable: Variable, value: string): string {
  if (variable.secret) return '(hidden)';
  return value.replace(/^(\w+:\/*)?.*@/, '$1(hidden)@').replace(/\?.*/, '?(hidden)');
}

function defaultOf(variable: Variable, env: NodeJS.ProcessEnv, app: App | undefined): string | undefined {
  const value = variable.default;
  if (value === undefined || typeof value === 'string') return value;
  if ('make' in value) return value.make(env, app);
  return app === undefined ? undefined : value[app];
}

/**
 * Reads the named variables once, typed and frozen; unset and empty ones take their defaults (`app` chooses among those that differ by
 * app). Throws one `ConfigError` with all problems.
 */
export function readConfig<N extends VariableName>(
  names: readonly N[],
  env: NodeJS.ProcessEnv = process.env,
  app?: App,
): Config<N> {
  const values: Partial<Record<VariableName, unknown>> = {};
  const problems: ConfigProblem[] = [];
  for (const name of names) {
    const variable: Variable = VARIABLES[name];
    const given = env[name] || undefined;
    const raw = given ?? defaultOf(variable, env, app);
    if (raw === undefined && variable.optional) continue;
    const parsed = raw === undefined ? undefined : variable.schema.safeParse(raw);
    if (parsed?.success) values[name] = parsed.data;
    else problems.push({ name, value: raw === undefined ? raw : printable(variable, raw), allowed: variable.allowed });
  }
  problems.push(...brokenRules(values, app));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(values) as Config<N>;
}
