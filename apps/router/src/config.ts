import type { Config, VariableName } from '#service';

/** What the router reads besides what every app reads. */
export const ROUTER_VARIABLES = [
  'RECIPIENTS',
  'SENDER_COPIES',
  'API_KEY',
  'MAX_MESSAGE_BYTES',
  'API_RATE_LIMIT',
] as const satisfies readonly VariableName[];

export type RouterConfig = Config<(typeof ROUTER_VARIABLES)[number]>;
