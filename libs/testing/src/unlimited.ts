/** Environment of apps that take whatever a test sends them: the rates are off, the counts out of reach. Tests of limits set their own. */
export const UNLIMITED: Readonly<Record<string, string>> = {
  RATE_LIMIT_FRAMES: '0',
  RATE_LIMIT_BYTES: '0',
  USER_RATE_LIMIT_FRAMES: '0',
  MAX_UPGRADES_PER_SECOND: '0',
  MAX_CONNECTIONS_PER_ADDRESS: '1000000',
  OVERLOAD_LAG_MS: '0',
  OVERLOAD_MEMORY_PERCENT: '100',
};
