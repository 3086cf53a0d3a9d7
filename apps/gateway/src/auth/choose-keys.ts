import { readFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import type { Clock } from '#actor';
import { ConfigError, VARIABLES, type VariableName } from '#service';
import type { GatewayConfig } from '../config.js';
import { RemoteKeys } from './remote-keys.js';
import { PublicKey, SecretKey, type TokenKeys } from './token-keys.js';
import { TokenVerifier } from './token-verifier.js';

/** The verifier that the configuration asks for; undefined: AUTH_MODE=none. Throws ConfigError where a key cannot be used. */
export function makeVerifier(config: GatewayConfig, clock: Clock): TokenVerifier | undefined {
  if (config.AUTH_MODE === 'none') return undefined;
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_CLOCK_TOLERANCE_MS: toleranceMs } = config;
  return new TokenVerifier(keysOf(config, clock), { issuer, audience, toleranceMs }, clock);
}

function keysOf(config: GatewayConfig, clock: Clock): TokenKeys {
  const { JWT_SECRET: secret, JWT_PUBLIC_KEY: pem, JWT_PUBLIC_KEY_FILE: file, JWT_JWKS_URL: url } = config;
  if (secret !== undefined) return new SecretKey(secret);
  if (pem !== undefined) return asConfigured('JWT_PUBLIC_KEY', '(hidden)', () => new PublicKey(pem));
  if (file !== undefined)
    return asConfigured('JWT_PUBLIC_KEY_FILE', file, () => new PublicKey(readFileSync(file, 'utf8')));
  if (url !== undefined) return remoteKeys(url, clock);
  throw new Error('AUTH_MODE=jwt without a key source');
}

function remoteKeys(url: string, clock: Clock): RemoteKeys {
  const logger = new Logger('Authentication');
  const keys = new RemoteKeys(url, {
    clock,
    onError: (error) => logger.warn({ reason: reasonOf(error) }, 'JWT_JWKS_URL: the keys could not be fetched'),
  });
  // Not waited for: the gateway starts without them, and asks again.
  void keys.renew();
  return keys;
}

/** `fetch` says why in the cause alone. */
function reasonOf(error: unknown): string {
  const { cause } = error as Error;
  return cause instanceof Error ? `${String(error)}: ${cause.message}` : String(error);
}

function asConfigured<T>(name: VariableName, value: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new ConfigError([{ name, value, allowed: `${VARIABLES[name].allowed} (${(error as Error).message})` }]);
  }
}
