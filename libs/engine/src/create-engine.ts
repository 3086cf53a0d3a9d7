import { EmbeddedEngine } from './embedded/embedded-engine.js';
import type { Engine, EngineSettings } from './port.js';
import { RedisEngine } from './redis/redis-engine.js';
import { DEFAULT_ENGINE_SETTINGS } from './settings.js';

export type EngineOptions = (
  | {
      readonly kind: 'redis';
      /** `redis://`, `redis+sentinel://host,host/<master name>` or `redis+cluster://host,host`; `rediss` in place of `redis`: by TLS. */
      readonly url: string;
      /** Told of each connection error; the engine reconnects by itself. */
      readonly onError?: (error: Error) => void;
      /** An append is answered only once so many replicas have it too; if they do not in time, it is unavailable. Default 0. */
      readonly waitReplicas?: number;
    }
  | {
      readonly kind: 'embedded';
      /** Where the logs are kept; made if absent; one process at a time. */
      readonly directory: string;
      /** Ms since the epoch; default: the system's clock. */
      readonly now?: () => number;
    }
) & { readonly settings?: Partial<EngineSettings> };

/** Makes an engine; `start` it before use, `stop` it after. */
export function createEngine(options: EngineOptions): Engine {
  const settings = { ...DEFAULT_ENGINE_SETTINGS, ...options.settings };
  return options.kind === 'redis'
    ? new RedisEngine(options.url, settings, options.onError, options.waitReplicas)
    : new EmbeddedEngine(options.directory, settings, options.now);
}
