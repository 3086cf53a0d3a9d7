import { Injectable } from '@nestjs/common';
import { Metrics, Numbers, Stats } from '#service';
import type { Settled } from './log/settle.js';

/** What is counted, and how each is explained in /metrics. */
const COUNTERS = {
  accepted: 'Messages stored for the first time',
  duplicates: 'Messages that were stored before and only answered',
  ephemeral: 'Messages passed on without being stored',
  delivered: 'Packets of live messages sent to gateways',
  batches: 'Engine calls that carried messages',
  batchEntries: 'Messages in those calls',
  acks: 'Cursors saved',
  acksDropped: 'Acks dropped because too much waited',
  refused: 'Messages refused because their sender is no member, or their recipient unknown',
  copies: 'Copies for senders that were asked for',
  receipts: 'Packets of receipts sent to gateways',
  receiptsDropped: 'Times that receipts were not sent because the engine was away',
  unavailable: 'Messages refused because the engine was away',
  overloaded: 'Messages refused because too many waited',
} as const;

type Counted = keyof typeof COUNTERS;

/** The router's numbers: plain fields to add to; `router` in /stats, `switchboard_router_…` in /metrics. */
@Injectable()
export class RouterStats implements Record<Counted, number> {
  accepted = 0;
  duplicates = 0;
  ephemeral = 0;
  delivered = 0;
  batches = 0;
  batchEntries = 0;
  acks = 0;
  acksDropped = 0;
  refused = 0;
  copies = 0;
  receipts = 0;
  receiptsDropped = 0;
  unavailable = 0;
  overloaded = 0;
  private largestBatch = 0;
  private readonly numbers: Numbers;

  constructor(stats: Stats, metrics: Metrics) {
    this.numbers = new Numbers('router', stats, metrics);
    for (const name of Object.keys(COUNTERS) as Counted[]) this.numbers.counter(name, COUNTERS[name], () => this[name]);
    this.gauge('largestBatch', 'Messages in the largest engine call so far', () => this.largestBatch);
  }

  /** A number that goes up and down. */
  gauge(name: string, help: string, value: () => number): void {
    this.numbers.gauge(name, help, value);
  }

  /** A batch of `size` messages has been answered. */
  settled(size: number, { accepted, duplicates, refusals }: Settled): void {
    this.accepted += accepted;
    this.duplicates += duplicates;
    this.refused += refusals;
    this.ephemeral += size - accepted - duplicates - refusals;
  }

  /** One engine call for `entries` messages. */
  batch(entries: number): void {
    this.batches += 1;
    this.batchEntries += entries;
    this.largestBatch = Math.max(this.largestBatch, entries);
  }
}
