import type { EngineSettings } from './port.js';

const SECOND = 1000;
const DAY = 86_400 * SECOND;

/** What an engine does unless told otherwise (PROTOCOL.md §4, DESIGN.md §6). */
export const DEFAULT_ENGINE_SETTINGS: EngineSettings = Object.freeze({
  presenceTtlMs: 90 * SECOND,
  idempotencyWindowMs: DAY,
  logMaxLength: 10_000,
  logMaxAgeMs: 30 * DAY,
});
