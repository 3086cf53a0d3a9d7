import type { CommonVariable, Config, VariableName } from '#service';

/** What the gateway reads from its environment besides what every app does. */
export const GATEWAY_VARIABLES = [
  'AUTH_MODE',
  'ALLOW_INSECURE',
  'ALLOWED_ORIGINS',
  'AUTH_TIMEOUT_MS',
  'MAX_CONNECTIONS',
  'MAX_MESSAGE_BYTES',
  'HEARTBEAT_INTERVAL_MS',
  'HEARTBEAT_TIMEOUT_MS',
  'OUTBOUND_MAX_MESSAGES',
  'OUTBOUND_MAX_BYTES',
  'OUTBOUND_STALL_MS',
  'DRAIN_MS',
  'RATE_LIMIT_FRAMES',
  'RATE_LIMIT_FRAMES_BURST',
  'RATE_LIMIT_BYTES',
  'RATE_LIMIT_BYTES_BURST',
  'USER_RATE_LIMIT_FRAMES',
  'USER_RATE_LIMIT_FRAMES_BURST',
  'MAX_BAD_FRAMES',
  'INBOUND_MAX_FRAMES',
  'MAX_SUBSCRIPTIONS',
  'MAX_WATCHES',
  'MAX_CONNECTIONS_PER_USER',
  'MAX_CONNECTIONS_PER_ADDRESS',
  'TRUSTED_PROXIES',
  'MAX_UPGRADES_PER_SECOND',
  'OVERLOAD_LAG_MS',
  'OVERLOAD_MEMORY_PERCENT',
] as const satisfies readonly VariableName[];

export type GatewayVariable = (typeof GATEWAY_VARIABLES)[number];
export type GatewayConfig = Config<GatewayVariable | CommonVariable>;
