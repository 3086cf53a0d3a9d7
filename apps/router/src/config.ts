import type { VariableName } from '#service';

/** What the router reads besides what every app reads. */
export const ROUTER_VARIABLES = [] as const satisfies readonly VariableName[];
