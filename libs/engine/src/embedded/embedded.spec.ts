import { describe } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineSuite } from '../contract/engine.suite.js';
import type { EngineHarness } from '../contract/harness.js';
import { createEngine } from '../create-engine.js';
import type { Engine, EngineSettings } from '../port.js';

interface Started {
  readonly directory: string;
  readonly settings: Partial<EngineSettings> | undefined;
}

/** A directory for each engine; a clock that the tests move. */
function embeddedHarness(): EngineHarness {
  const started = new Map<Engine, Started>();
  let now = 1_795_000_000_000;
  const startIn = async (directory: string, settings?: Partial<EngineSettings>) => {
    const engine = createEngine({ kind: 'embedded', directory, settings, now: () => now });
    started.set(engine, { directory, settings });
    await engine.start();
    return engine;
  };
  const start = async (settings?: Partial<EngineSettings>) =>
    startIn(join(await mkdtemp(join(tmpdir(), 'switchboard-embedded-')), 'made', 'by engine'), settings);
  return {
    start,
    clients: (engine, count) => Promise.resolve(Array.from({ length: count }, () => engine)),
    elapse(ms) {
      now += ms;
      return Promise.resolve();
    },
    async loseData(engine) {
      const { directory, settings } = started.get(engine) as Started;
      await engine.stop();
      await rm(directory, { recursive: true });
      return startIn(directory, settings);
    },
    async stop() {
      for (const [engine, { directory }] of started) {
        await engine.stop();
        await rm(join(directory, '..', '..'), { recursive: true, force: true });
      }
    },
  };
}

describe('the embedded engine', () => engineSuite(embeddedHarness()));
