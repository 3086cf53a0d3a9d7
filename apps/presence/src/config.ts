import type { Config, VariableName } from '#service';

/** What presence reads besides what every app reads. */
export const PRESENCE_VARIABLES = [
  'MAX_CONNECTIONS_PER_USER',
  'OFFLINE_GRACE_MS',
  'USER_RATE_LIMIT_FRAMES',
  'USER_RATE_LIMIT_FRAMES_BURST',
] as const satisfies readonly VariableName[];

export type PresenceConfig = Config<(typeof PRESENCE_VARIABLES)[number]>;
