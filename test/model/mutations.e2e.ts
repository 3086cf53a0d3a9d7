import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { findFaults } from '#testing';
import { BREAKS, HEALED } from './breaks.js';
import { Composition } from './composition.js';
import { Story } from './story.js';

describe('the history checker, on a server that is broken in one place', () => {
  let composition: Composition;
  let stories = 0;
  beforeAll(async () => {
    composition = await Composition.start('embedded');
  });
  afterAll(async () => composition.stop());
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const tell = async (patienceMs: number): ReturnType<Story['tell']> =>
    new Story(composition, `${++stories}`, patienceMs).tell();

  test.each(BREAKS)('notices that %s', async (_what, breaks, kind) => {
    for (const breakIt of breaks) breakIt(composition);
    const faults = findFaults(await tell(500));
    expect(faults.map((fault) => fault.kind)).toContain(kind);
  });

  test.each(HEALED)('finds nothing when %s', async (_what, breaks) => {
    for (const breakIt of breaks) breakIt(composition);
    expect(findFaults(await tell(10_000))).toEqual([]);
  });
});
