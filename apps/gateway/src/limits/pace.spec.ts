import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '#testing';
import { Pace, PaceLimits } from './pace.js';

const CONFIG = {
  RATE_LIMIT_FRAMES: 50,
  RATE_LIMIT_FRAMES_BURST: 100,
  RATE_LIMIT_BYTES: 1_000,
  RATE_LIMIT_BYTES_BURST: 4_000,
};

function make(config: Partial<typeof CONFIG> = {}) {
  const clock = new VirtualClock();
  const flow = { resting: 0, rest: () => void flow.resting++, goOn: () => void flow.resting-- };
  const pace = new Pace(new PaceLimits({ ...CONFIG, ...config }), clock, flow, clock.now() - 1_000);
  const take = (bytes = 0): number => pace.take(clock.now(), bytes);
  return { clock, flow, pace, take };
}

describe('the pace of a connection', () => {
  test('a burst is taken, then each frame is told when there is room', () => {
    const { clock, take } = make();
    for (let n = 0; n < 100; n++) expect(take()).toBe(0);
    expect(take()).toBe(20);
    clock.advance(18);
    expect(take()).toBe(2);
    clock.advance(2);
    expect([take(), take()]).toEqual([0, 20]);
  });

  test('bytes above the burst are taken, and the socket rests until they are paid', () => {
    const { clock, flow, take } = make();
    take(4_000);
    expect(flow.resting).toBe(0);
    take(500);
    expect(flow.resting).toBe(1);
    clock.advance(499);
    expect(flow.resting).toBe(1);
    clock.advance(1);
    expect(flow.resting).toBe(0);
    take(100);
    expect(flow.resting).toBe(1);
  });

  test('what comes while it rests, from what was read already, makes the rest longer; it is paused once', () => {
    const { clock, flow, take } = make();
    take(5_000);
    clock.advance(900);
    take(300);
    take(200);
    expect([flow.resting, clock.pending]).toEqual([1, 1]);
    clock.advance(599);
    expect(flow.resting).toBe(1);
    clock.advance(1);
    expect([flow.resting, clock.pending]).toEqual([0, 0]);
  });

  test('its end leaves no timer', () => {
    const { clock, pace, take } = make();
    take(5_000);
    pace.end();
    expect(clock.pending).toBe(0);
  });

  test('either limit can be off', () => {
    const noFrames = make({ RATE_LIMIT_FRAMES: 0 });
    for (let n = 0; n < 1_000; n++) expect(noFrames.take()).toBe(0);
    const noBytes = make({ RATE_LIMIT_BYTES: 0 });
    noBytes.take(1e9);
    expect([noBytes.flow.resting, noBytes.clock.pending]).toEqual([0, 0]);
  });
});

describe('a frame that needs no bucket', () => {
  test.each([
    ['20 ms after the one before, small', CONFIG, 20, 20, true],
    ['sooner', CONFIG, 19, 20, false],
    ['large', CONFIG, 1_000, 21, false],
    ['without a limit on bytes', { ...CONFIG, RATE_LIMIT_BYTES: 0 }, 20, 1e9, true],
    ['without a limit on frames, soon', { ...CONFIG, RATE_LIMIT_FRAMES: 0 }, 19, 1, false],
    ['without any limit', { ...CONFIG, RATE_LIMIT_FRAMES: 0, RATE_LIMIT_BYTES: 0 }, 0, 1e9, true],
  ])('%s', (_what, config, sinceMs, bytes, quiet) => {
    expect(new PaceLimits(config).isQuiet(sinceMs, bytes)).toBe(quiet);
  });
});
