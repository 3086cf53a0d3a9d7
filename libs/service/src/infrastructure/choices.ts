import { Logger } from '@nestjs/common';
import type { EngineOptions } from '#engine';
import { LocalCarrier, LocalHub, RedisCarrier, type Carrier } from '#mesh';
import type { Config } from '../config/read-config.js';

const logger = new Logger('Infrastructure');

/** A connection that tries again every second or so complains each time; its log need not. */
const COMPLAINT_EVERY_MS = 10_000;

/** Logs at most one error in ten seconds; the same part fails the same way over and over. */
export function complaints(doing: string, now: () => number = Date.now): (error: unknown) => void {
  let last = -Infinity;
  return (error) => {
    if (now() - last < COMPLAINT_EVERY_MS) return;
    last = now();
    logger.warn({ err: error }, doing);
  };
}

/** `CARRIER`: what the mesh goes over. */
export function carrierOf(config: Config<'CARRIER' | 'REDIS_URL'>): Carrier {
  return config.CARRIER === 'local'
    ? new LocalCarrier(new LocalHub())
    : new RedisCarrier({ url: config.REDIS_URL, onError: complaints('the carrier lost its Redis, trying again') });
}

/** As long as a cluster takes to replace a lost master, at its usual settings, and then some. */
const CLUSTER_ADRIFT_MS = 30_000;

/** On a cluster the leases are on one shard of several: while that one is away, the others and the carrier may go on. */
export function adriftMs({ ENGINE, REDIS_URL }: Config<'ENGINE' | 'REDIS_URL'>): number {
  return ENGINE === 'redis' && REDIS_URL.startsWith('redis+cluster:') ? CLUSTER_ADRIFT_MS : 0;
}

/** `ENGINE`: where the data is, and what is kept for how long. */
export function engineOptions(config: Config): EngineOptions {
  const settings = {
    logMaxLength: config.LOG_MAX_LENGTH,
    logMaxAgeMs: config.LOG_MAX_AGE,
    idempotencyWindowMs: config.IDEMPOTENCY_WINDOW,
  };
  return config.ENGINE === 'embedded'
    ? { kind: 'embedded', directory: config.DATA_DIR, settings }
    : {
        kind: 'redis',
        url: config.REDIS_URL,
        settings,
        waitReplicas: config.WAIT_REPLICAS,
        onError: complaints('the engine lost its Redis, trying again'),
      };
}
