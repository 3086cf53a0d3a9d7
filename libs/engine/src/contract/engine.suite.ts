import { afterAll } from '@jest/globals';
import { acksSuite } from './acks.suite.js';
import { appendSuite } from './append.suite.js';
import { conditionsSuite } from './conditions.suite.js';
import { conversationModelSuite } from './conversation-model.suite.js';
import { conversationsSuite } from './conversations.suite.js';
import { durabilitySuite } from './durability.suite.js';
import { enteringAgainSuite } from './entering-again.suite.js';
import type { EngineHarness } from './harness.js';
import { idempotencySuite } from './idempotency.suite.js';
import { leasesSuite } from './leases.suite.js';
import { modelSuite } from './model.suite.js';
import { openingSuite } from './opening.suite.js';
import { presenceSuite } from './presence.suite.js';
import { readingSuite } from './reading.suite.js';
import { statusSuite } from './status.suite.js';
import { subscribersSuite } from './subscribers.suite.js';
import { watchersSuite } from './watchers.suite.js';
import { watermarksSuite } from './watermarks.suite.js';
import { visibleSuite } from './visible.suite.js';

/** Everything the port promises; every engine runs all of it. */
export function engineSuite(harness: EngineHarness): void {
  afterAll(() => harness.stop());
  appendSuite(harness);
  idempotencySuite(harness);
  readingSuite(harness);
  durabilitySuite(harness);
  watermarksSuite(harness);
  acksSuite(harness);
  conditionsSuite(harness);
  presenceSuite(harness);
  openingSuite(harness);
  enteringAgainSuite(harness);
  statusSuite(harness);
  watchersSuite(harness);
  conversationsSuite(harness);
  subscribersSuite(harness);
  visibleSuite(harness);
  leasesSuite(harness);
  modelSuite(harness);
  conversationModelSuite(harness);
}
