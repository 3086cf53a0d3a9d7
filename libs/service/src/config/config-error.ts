import type { VariableName } from './variables.js';

/** One value that cannot be used. `value` is fit to be printed; undefined: not set. */
export interface ConfigProblem {
  readonly name: VariableName;
  readonly value: string | undefined;
  readonly allowed: string;
}

/** Everything that is wrong with the environment, at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(describe).join('\n'));
  }
}

function describe({ name, value, allowed }: ConfigProblem): string {
  const found = value === undefined ? `${name} is not set` : `${name}=${value} is not allowed`;
  return `${found}; allowed: ${allowed}`;
}
