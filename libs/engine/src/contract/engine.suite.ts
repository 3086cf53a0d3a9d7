import { afterAll } from '@jest/globals';
import { appendSuite } from './append.suite.js';
import { durabilitySuite } from './durability.suite.js';
import type { EngineHarness } from './harness.js';
import { idempotencySuite } from './idempotency.suite.js';
import { leasesSuite } from './leases.suite.js';
import { modelSuite } from './model.suite.js';
import { presenceSuite } from './presence.suite.js';
import { readingSuite } from './reading.suite.js';

/** Everything the port promises; every engine runs all of it. */
export function engineSuite(harness: EngineHarness): void {
  afterAll(() => harness.stop());
  appendSuite(harness);
  idempotencySuite(harness);
  readingSuite(harness);
  durabilitySuite(harness);
  presenceSuite(harness);
  leasesSuite(harness);
  modelSuite(harness);
}
