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
] as const satisfies readonly VariableName[];

export type GatewayVariable = (typeof GATEWAY_VARIABLES)[number];
export type GatewayConfig = Config<GatewayVariable | CommonVariable>;
