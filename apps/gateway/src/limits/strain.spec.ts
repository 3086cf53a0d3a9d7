import { describe, expect, test } from '@jest/globals';
import { percentUsed } from './memory.js';
import { Lateness, isOverloaded } from './strain.js';

describe('how late the event loop is, again and again', () => {
  test.each([
    ['on time', [0, 1, 2], 0],
    ['one stall, however long', [0, 60_000, 0, 0], 0],
    ['two', [60_000, 60_000, 0], 0],
    ['three', [60_000, 900, 1_200], 900],
    ['no more of it once one look is on time', [2_000, 2_000, 2_000, 3], 3],
    ['too early to say', [5_000, 5_000], 0],
  ])('%s', (_what, looks, expected) => {
    const lateness = new Lateness();
    for (const ms of looks) lateness.add(ms);
    expect(lateness.ms).toBe(expected);
  });
});

describe('a process is overloaded', () => {
  const limits = { lagMs: 1_000, memoryPercent: 90 };
  test.each([
    ['neither late nor short', false, 999, 89, false],
    ['late', false, 1_000, 0, true],
    ['short of memory', false, 0, 90, true],
    ['was, and still half as late', true, 500, 0, true],
    ['was, and is nearly on time', true, 499, 0, false],
    ['was not, and is half as late', false, 500, 0, false],
    ['was, and has freed little', true, 0, 81, true],
    ['was, and has freed enough', true, 0, 80, false],
    ['was both, and is one', true, 0, 85, true],
  ])('%s', (_what, was, lagMs, memoryPercent, expected) => {
    expect(isOverloaded(was, { lagMs, memoryPercent }, limits)).toBe(expected);
  });

  test('never by what is switched off', () => {
    expect(isOverloaded(false, { lagMs: 1e9, memoryPercent: 100 }, { lagMs: 0, memoryPercent: 100 })).toBe(false);
  });
});

test.each([
  ['the heap is shorter', { heapUsed: 900, heapLimit: 1_000, resident: 1_000, residentLimit: 4_000 }, 90],
  ['the container is shorter', { heapUsed: 100, heapLimit: 1_000, resident: 950, residentLimit: 1_000 }, 95],
])('memory in use: %s', (_what, memory, percent) => {
  expect(percentUsed(memory)).toBe(percent);
});
