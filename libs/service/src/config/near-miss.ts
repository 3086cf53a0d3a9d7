import { VARIABLES, type VariableName } from './variables.js';

export interface NearMiss {
  readonly found: string;
  readonly meant: VariableName;
}

const squeeze = (name: string): string => name.replaceAll('_', '').toUpperCase();

/** Edits (insert, delete, replace) between two short strings. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Short names have many innocent neighbours (HOST, POST): they must match but for case and underscores. */
const tolerance = (length: number): number => (length >= 10 ? 2 : length >= 6 ? 1 : 0);

/**
 * Variables that are set, unknown, and spelled almost like a known one: REDISURL, HEARTBEAT_TIMEOUT. Worth a warning, no more: an
 * environment holds the names of others too.
 */
export function nearMisses(env: NodeJS.ProcessEnv): NearMiss[] {
  const known = Object.keys(VARIABLES) as VariableName[];
  return Object.keys(env).flatMap((found) => {
    if (found in VARIABLES) return [];
    const name = squeeze(found);
    const ranked = known
      .map((meant) => ({ meant, edits: distance(name, squeeze(meant)), limit: tolerance(squeeze(meant).length) }))
      .filter(({ edits, limit }) => edits <= limit)
      .sort((a, b) => a.edits - b.edits);
    return ranked[0] ? [{ found, meant: ranked[0].meant }] : [];
  });
}
