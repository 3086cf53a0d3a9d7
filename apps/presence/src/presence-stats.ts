import { Injectable } from '@nestjs/common';
import { Metrics, Numbers, Stats } from '#service';

/** What is counted, and how each is explained in /metrics. */
const COUNTERS = {
  online: 'Users announced online',
  away: 'Users announced away',
  offline: 'Users announced offline',
  pushes: 'Changes of status told to a gateway that watches',
  statuses: 'Statuses set',
  watches: 'Users asked to be watched, repetitions included',
  unwatches: 'Users no longer watched by a gateway',
  registers: 'Connections registered',
  removes: 'Connections removed',
  replaced: 'Connections that gave way to newer ones',
  refreshes: 'Connections refreshed',
  sweeps: 'Dead gateways that had left connections, and were swept',
  swept: 'Connections of dead gateways removed',
  unavailable: 'Requests refused because the engine was away',
  overloaded: 'Requests refused because too many waited',
  spent: 'Reports of what a user had sent quickly',
  limited: 'Reports answered with a time to wait',
} as const;

type Counted = keyof typeof COUNTERS;

/** Presence's numbers: plain fields to add to; `presence` in /stats, `switchboard_presence_…` in /metrics. */
@Injectable()
export class PresenceStats implements Record<Counted, number> {
  online = 0;
  away = 0;
  offline = 0;
  pushes = 0;
  statuses = 0;
  watches = 0;
  unwatches = 0;
  registers = 0;
  removes = 0;
  replaced = 0;
  refreshes = 0;
  sweeps = 0;
  swept = 0;
  unavailable = 0;
  overloaded = 0;
  spent = 0;
  limited = 0;

  constructor(stats: Stats, metrics: Metrics) {
    const numbers = new Numbers('presence', stats, metrics);
    for (const name of Object.keys(COUNTERS) as Counted[]) numbers.counter(name, COUNTERS[name], () => this[name]);
  }
}
