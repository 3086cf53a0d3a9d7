/**
 * The one table of close codes (PROTOCOL.md §6). 4000–4499 (and 1001, 1006, 1011, 1012): reconnect with backoff and jitter;
 * 4500–4999: do not reconnect.
 */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  tooBig: 1009,
  internal: 1011,
  serviceRestart: 1012,
  heartbeatTimeout: 4000,
  slowConsumer: 4001,
  authTimeout: 4002,
  tokenExpired: 4003,
  resync: 4004,
  authFailed: 4500,
  replaced: 4501,
  disconnected: 4502,
  abuse: 4504,
} as const;

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

/** Whether a client should come back after this code. */
export const mayReconnect = (code: number): boolean =>
  code !== CLOSE.normal && code !== CLOSE.tooBig && (code < 4500 || code > 4999);
