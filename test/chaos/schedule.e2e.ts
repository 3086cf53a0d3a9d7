import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fcOptions } from '#testing';
import {
  FAULT_KINDS,
  kindsFor,
  schedule,
  touched,
  type Planned,
  type ScheduleOptions,
  type Topology,
} from './schedule.js';

const TOPOLOGY: Topology = {
  gateways: ['gateway-01', 'gateway-02', 'gateway-03'],
  routers: ['router-01', 'router-02'],
  presences: ['presence-01', 'presence-02'],
  redis: ['redis'],
  links: true,
};

const optionsOf = (seed: number, more: Partial<ScheduleOptions> = {}): ScheduleOptions => ({
  seed,
  topology: TOPOLOGY,
  rounds: 5,
  roundMs: 60_000,
  every: [2_000, 7_000],
  kinds: kindsFor(TOPOLOGY, true),
  longestMs: 20_000,
  ...more,
});

const seeds = fc.nat();

describe('the schedule of faults', () => {
  test('is a function of the seed', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(schedule(optionsOf(seed))).toEqual(schedule(optionsOf(seed)));
        expect(schedule(optionsOf(seed))).not.toEqual(schedule(optionsOf(seed + 1)));
      }),
      fcOptions({ numRuns: 50 }),
    );
  });

  test('has every kind about as often as any other', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const all = schedule(optionsOf(seed)).flat();
        const counts = FAULT_KINDS.map((kind) => all.filter(({ fault }) => fault === kind).length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
      }),
      fcOptions({ numRuns: 50 }),
    );
  });

  test('hits nothing twice at a time, and nothing that is not there', () => {
    const overlap = (a: Planned, b: Planned): boolean =>
      touched(a.fault, a.target, TOPOLOGY).some((thing) => touched(b.fault, b.target, TOPOLOGY).includes(thing)) &&
      b.at < a.at + a.forMs;
    const known = [...TOPOLOGY.gateways, ...TOPOLOGY.routers, ...TOPOLOGY.presences, 'redis', 'all'];
    fc.assert(
      fc.property(seeds, (seed) => {
        for (const round of schedule(optionsOf(seed))) {
          for (const [n, planned] of round.entries()) {
            expect(known).toContain(planned.target);
            for (const later of round.slice(n + 1)) expect(overlap(planned, later)).toBe(false);
          }
        }
      }),
      fcOptions({ numRuns: 50 }),
    );
  });

  test('pauses processes for longer than a lease at times, and for no longer than asked', () => {
    const pauses = schedule(optionsOf(1, { rounds: 30 }))
      .flat()
      .filter(({ fault }) => fault.startsWith('pause'));
    expect(pauses.filter(({ forMs }) => forMs > 5_000).length).toBeGreaterThan(pauses.length / 3);
    const brief = schedule(optionsOf(1, { longestMs: 6_000 })).flat();
    expect(brief.every(({ forMs }) => forMs <= 6_000)).toBe(true);
  });

  test('leaves links alone where apps have none of their own, and data where it must not be lost', () => {
    expect(kindsFor({ ...TOPOLOGY, links: false }, false)).toEqual(
      FAULT_KINDS.filter((kind) => !kind.endsWith('link') && kind !== 'flush'),
    );
  });
});
