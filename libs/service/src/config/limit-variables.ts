import { addresses, integer, milliseconds, type Variable } from './variable.js';

/** What bounds clients. Of a rate: what is refilled per second; its burst: what may come at once after a pause. */
export const LIMIT_VARIABLES = {
  RATE_LIMIT_FRAMES: {
    ...integer(0),
    description: 'Frames per second of one connection; more are answered `WS_RATE_LIMITED`. 0: no limit',
    default: '50',
  },
  RATE_LIMIT_FRAMES_BURST: {
    ...integer(1),
    description: 'Frames that one connection may send at once',
    default: '100',
  },
  RATE_LIMIT_BYTES: {
    ...integer(0),
    description: 'Bytes per second read from one connection; TCP holds the rest back. 0: no limit',
    default: '1048576',
  },
  RATE_LIMIT_BYTES_BURST: {
    ...integer(1),
    description: 'Bytes that one connection may send at once',
    default: '4194304',
  },
  USER_RATE_LIMIT_FRAMES: {
    ...integer(0),
    description: 'Frames per second of one user over all gateways; more are answered `WS_RATE_LIMITED`. 0: no limit',
    default: '150',
  },
  USER_RATE_LIMIT_FRAMES_BURST: {
    ...integer(1),
    description: 'Frames that one user may send at once',
    default: '300',
  },
  MAX_BAD_FRAMES: {
    ...integer(1),
    description: 'Frames of one connection that cannot be read within 10 s; so many close it with 4504',
    default: '20',
  },
  INBOUND_MAX_FRAMES: {
    ...integer(2, 65_536),
    description: 'Frames of one connection that wait to be handled or answered; at so many its socket is not read',
    default: '256',
  },
  INBOUND_MAX_BYTES: {
    ...integer(1),
    description: 'Bytes of those frames; above it the socket is not read either. One frame is always let in',
    default: '1048576',
  },
  MAX_SUBSCRIPTIONS: { ...integer(0), description: 'Conversations that one connection has open', default: '1000' },
  MAX_WATCHES: { ...integer(0), description: 'Users that one connection watches', default: '5000' },
  MAX_CONNECTIONS_PER_ADDRESS: {
    ...integer(1),
    description: 'Connections from one IPv4 address or one /64 of IPv6; more are refused with 429',
    default: '20000',
  },
  TRUSTED_PROXIES: {
    ...addresses(),
    description: 'Proxies whose `X-Forwarded-For` is believed; without it that of nobody',
    optional: true,
  },
  MAX_UPGRADES_PER_SECOND: {
    ...integer(0),
    description: 'New connections per second, five times as many at once; more are refused with 503. 0: no limit',
    default: '2000',
  },
  OVERLOAD_LAG_MS: {
    ...milliseconds(0),
    description: 'New connections are refused with 503 while the event loop runs so late again and again. 0: never',
    default: '1000',
  },
  OVERLOAD_MEMORY_PERCENT: {
    ...integer(1, 100),
    description: 'The same while so much of the heap, or of the memory of container or machine, is in use. 100: never',
    default: '90',
  },
  API_RATE_LIMIT: {
    ...integer(0),
    description:
      'Calls of the server API per second, twice as many at once, and guesses at its key; more are 429. 0: no limit',
    default: '0',
  },
} as const satisfies Record<string, Variable>;
