import { Counter, Gauge } from 'prom-client';
import type { Metrics } from './metrics.js';
import type { Stats } from './stats.js';

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * The numbers of one part of an app: under `part` in /stats, as `switchboard_<part>_<name>` in /metrics. They are read when somebody looks, so
 * that what is counted on a message's way can be a plain field.
 */
export class Numbers {
  private readonly values = new Map<string, () => number>();

  constructor(
    private readonly part: string,
    stats: Stats,
    private readonly metrics: Metrics,
  ) {
    stats.add(part, () => Object.fromEntries([...this.values].map(([name, value]) => [name, value()])));
  }

  /** Only rises; `_total` in /metrics. */
  counter(name: string, help: string, value: () => number): void {
    const collect = function (this: Counter): void {
      this.reset();
      this.inc(value());
    };
    const counter = new Counter({ name: `${this.add(name, value)}_total`, help, registers: [], collect });
    this.metrics.registerMetric(counter);
  }

  /** Goes up and down. */
  gauge(name: string, help: string, value: () => number): void {
    const collect = function (this: Gauge): void {
      this.set(value());
    };
    this.metrics.registerMetric(new Gauge({ name: this.add(name, value), help, registers: [], collect }));
  }

  private add(name: string, value: () => number): string {
    this.values.set(name, value);
    return `switchboard_${this.part}_${snakeCase(name)}`;
  }
}
