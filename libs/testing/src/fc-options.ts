/** How a property is run, as far as the environment has a say; fast-check's own names. */
export interface FcOptions {
  readonly numRuns?: number;
  readonly interruptAfterTimeLimit?: number;
  readonly seed?: number;
  readonly path?: string;
}

/**
 * Lets a failing run be played again: fast-check prints its `seed` and `path`; give them as FC_SEED and FC_PATH. FC_RUNS: so many runs, however
 * long they take.
 */
export function fcOptions(defaults: FcOptions): FcOptions {
  const { FC_SEED: seed, FC_PATH: path, FC_RUNS: runs } = process.env;
  const bounds = runs ? { numRuns: Number(runs) } : defaults;
  return { ...bounds, ...(seed ? { seed: Number(seed) } : {}), ...(path ? { path } : {}) };
}
