import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ENGINE_KINDS, fcOptions } from '#testing';
import { Composition } from './composition.js';
import { DELIVERY } from './delivery-commands.js';
import { DeliveryModel } from './delivery-model.js';
import { READING } from './reading-commands.js';
import { World } from './world.js';

/** No run begins later than this after the first, ms; FC_RUNS lifts the bound. */
const TIME_MS = process.env['FC_RUNS'] ? Infinity : 6_000;

/**
 * Delivery against its model (PROTOCOL.md §4). A failing run prints its seed, path and replayPath; FC_SEED, FC_PATH and FC_REPLAY play it again.
 */
describe.each(ENGINE_KINDS)('anything clients may do, on the %s engine', (kind) => {
  let composition: Composition;
  let runs = 0;
  beforeAll(async () => {
    composition = await Composition.start(kind);
  }, 60_000);
  afterAll(async () => composition.stop());

  test('shows them what the model of delivery says', async () => {
    const until = Date.now() + TIME_MS;
    const replayPath = process.env['FC_REPLAY'];
    const sequences = fc.commands([...DELIVERY, ...READING], {
      maxCommands: 40,
      size: 'max',
      ...(replayPath ? { replayPath } : {}),
    });
    const property = fc.asyncProperty(sequences, async (commands) => {
      if (Date.now() > until) return;
      const model = new DeliveryModel();
      const world = new World(composition, ++runs);
      try {
        await fc.asyncModelRun(() => ({ model, real: world }), commands);
        expect(await world.faults(model)).toEqual([]);
      } finally {
        world.leave();
      }
    });
    await fc.assert(property, fcOptions({ numRuns: 200 }));
    expect(runs).toBeGreaterThan(0);
  }, 600_000);
});
