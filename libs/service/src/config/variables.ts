import { ACCESS_VARIABLES } from './access-variables.js';
import { defaultInstanceId } from './instance-id.js';
import { LIMIT_VARIABLES } from './limit-variables.js';
import { duration, integer, milliseconds, oneOf, text, redisUrl, type App, type Variable } from './variable.js';

const PORTS = { gateway: '8080', router: '8081', presence: '8082', standalone: '8080' } as const;
const TLS_PORT = '8443';

/** The edge has another port when it serves TLS; the others never do. */
function defaultPort(env: NodeJS.ProcessEnv, app: App | undefined): string {
  if (app === undefined) return '0';
  const edge = app === 'gateway' || app === 'standalone';
  return edge && env['TLS_CERT_FILE'] && env['TLS_KEY_FILE'] ? TLS_PORT : PORTS[app];
}

/**
 * Every environment variable of every app. The configuration table of the README is made from this, so a variable that is not here does
 * not exist.
 */
export const VARIABLES = {
  INSTANCE_ID: {
    ...text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, '1–64 letters, digits, ".", "_" and "-", the first a letter or digit'),
    description: 'Names this instance; no other live one may hold it',
    default: {
      text: 'host name and port',
      make: (env, app) => defaultInstanceId(env['PORT'] || defaultPort(env, app)),
    },
  },
  HOST: {
    ...text(/^[^\s/]+$/, 'an address or host name to listen on, such as 127.0.0.1, 0.0.0.0 or ::'),
    description: 'Address to listen on',
    default: '127.0.0.1',
  },
  PORT: {
    ...integer(0, 65_535),
    description: 'Port to listen on; 0: any free one',
    default: {
      text: '`8080` (gateway, standalone; `8443` with TLS), `8081` (router), `8082` (presence)',
      make: defaultPort,
    },
  },
  ENGINE: {
    ...oneOf(['redis', 'embedded']),
    description: 'Where logs and presence are kept; `embedded` only in standalone',
    default: { gateway: 'redis', presence: 'redis', router: 'redis', standalone: 'embedded' },
  },
  CARRIER: {
    ...oneOf(['redis', 'local']),
    description: 'What the apps talk over; `local` only in standalone',
    default: { gateway: 'redis', presence: 'redis', router: 'redis', standalone: 'local' },
  },
  REDIS_URL: {
    ...redisUrl(),
    description:
      'The Redis or Valkey of engine and carrier: one server, a primary by its Sentinels, or a cluster; a password in it is never printed',
    default: 'redis://127.0.0.1:6379',
  },
  WAIT_REPLICAS: {
    ...integer(0, 10),
    description: 'A message is accepted only once so many replicas of Redis have it too',
    default: '0',
  },
  DATA_DIR: {
    ...text(/\S/, 'a directory; it is made if it is missing'),
    description: 'Where `ENGINE=embedded` keeps its files',
    default: './data',
  },
  LOG_LEVEL: {
    ...oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    description: 'Least severe lines that are logged',
    default: 'info',
  },
  LOG_MAX_LENGTH: {
    ...integer(1),
    description: 'Messages kept in one inbox or conversation',
    default: '10000',
  },
  LOG_MAX_AGE: { ...duration(), description: 'How long messages are kept', default: '30d' },
  IDEMPOTENCY_WINDOW: {
    ...duration(),
    description: 'How long a repeated message id of one sender is recognised',
    default: '24h',
  },
  ...ACCESS_VARIABLES,
  MAX_CONNECTIONS: { ...integer(1), description: 'Connections one gateway takes', default: '100000' },
  MAX_CONNECTIONS_PER_USER: { ...integer(1), description: 'Live devices of one user; the newest win', default: '3' },
  MAX_MESSAGE_BYTES: {
    ...integer(1_024, 2 ** 30),
    description: 'Longest frame from a client, one above closes with 1009; longest body of the server API',
    default: '1048576',
  },
  HEARTBEAT_INTERVAL_MS: {
    ...milliseconds(10),
    description: 'How often clients ping, and the gateway looks for silent ones',
    default: '30000',
  },
  HEARTBEAT_TIMEOUT_MS: {
    ...milliseconds(20),
    description: 'Silence after which a connection is closed with 4000',
    default: '90000',
  },
  OUTBOUND_MAX_MESSAGES: {
    ...integer(1),
    description: 'Messages that may wait for one slow connection; more close it with 4001',
    default: '100',
  },
  OUTBOUND_MAX_BYTES: {
    ...integer(1_024),
    description: 'Bytes that may wait for one slow connection; more close it with 4001',
    default: '1048576',
  },
  OUTBOUND_STALL_MS: {
    ...milliseconds(1),
    description: 'A connection that takes nothing for so long is closed with 4001',
    default: '10000',
  },
  DRAIN_MS: {
    ...milliseconds(0),
    description: 'Time over which a stopping gateway spreads the closing of its connections',
    default: '5000',
  },
  OFFLINE_GRACE_MS: {
    ...milliseconds(0),
    description: 'A user is called offline only after this long without a connection',
    default: '100',
  },
  RECIPIENTS: {
    ...oneOf(['any', 'known']),
    description: 'Who can be written to. `known`: only users who have registered once',
    default: 'any',
  },
  SENDER_COPIES: {
    ...oneOf(['on', 'off']),
    description: '`on`: each direct message is stored in the inbox of its sender too, for all their devices',
    default: 'off',
  },
  API_KEY: {
    ...text(/^\S{16,}$/, '16 characters or more, no spaces'),
    description: 'Bearer key of the server API; without it the API is off',
    optional: true,
    secret: true,
  },
  ...LIMIT_VARIABLES,
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof VARIABLES;

/** What every app reads, whichever else it does. */
export const COMMON_VARIABLES = [
  'INSTANCE_ID',
  'HOST',
  'PORT',
  'ENGINE',
  'CARRIER',
  'REDIS_URL',
  'WAIT_REPLICAS',
  'DATA_DIR',
  'LOG_LEVEL',
  'LOG_MAX_LENGTH',
  'LOG_MAX_AGE',
  'IDEMPOTENCY_WINDOW',
] as const satisfies readonly VariableName[];

export type CommonVariable = (typeof COMMON_VARIABLES)[number];
