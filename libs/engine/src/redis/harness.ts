import type { EngineHarness } from '../contract/harness.js';
import { createEngine } from '../create-engine.js';
import type { Engine, EngineSettings } from '../port.js';

/** How the tests reach the Redis that an engine uses. */
export interface RedisUnderTest {
  readonly url: string;
  /** The server's clock, ms. */
  now(): Promise<number>;
  flushAll(): Promise<void>;
  /** Until `check` no longer throws. */
  eventually(check: () => Promise<void>): Promise<void>;
}

/** Engines on one Redis, as the contract suites want them. `server` is asked when it is needed: it starts after the suites are declared. */
export function redisHarness(server: () => RedisUnderTest): EngineHarness {
  const engines: Engine[] = [];
  const start = async (settings?: Partial<EngineSettings>) => {
    const engine = createEngine({ kind: 'redis', url: server().url, settings });
    engines.push(engine);
    await engine.start();
    return engine;
  };
  return {
    start,
    clients: (_engine, count) => Promise.all(Array.from({ length: count }, () => start())),
    async elapse(ms) {
      const until = (await server().now()) + ms;
      await server().eventually(async () => {
        if ((await server().now()) < until) throw new Error(`The server's clock has not moved on by ${ms} ms.`);
      });
    },
    async loseData(engine) {
      await server().flushAll();
      return engine;
    },
    async stop() {
      await Promise.all(engines.map((engine) => engine.stop()));
    },
  };
}
