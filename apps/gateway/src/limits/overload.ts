import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { CONFIG, Readiness } from '#service';
import type { GatewayConfig } from '../config.js';
import { memory, percentUsed } from './memory.js';
import { Lateness, isOverloaded, type Strain, type StrainLimits } from './strain.js';

/** How often this process looks at itself, ms. */
const LOOK_MS = 100;

/**
 * Whether this process has more to do than it can: then new connections are refused, those that are there are served, and it recovers by itself.
 * Looks at the real time, not at the injected clock: what is measured is how late a real timer comes.
 */
@Injectable()
export class Overload implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(Overload.name);
  private readonly limits: StrainLimits;
  private readonly lateness = new Lateness();
  private timer: NodeJS.Timeout | undefined;
  private expectedAt = 0;
  private overloaded = false;
  private begun = 0;

  constructor(
    @Inject(CONFIG) config: Pick<GatewayConfig, 'OVERLOAD_LAG_MS' | 'OVERLOAD_MEMORY_PERCENT'>,
    private readonly readiness: Readiness,
  ) {
    this.limits = { lagMs: config.OVERLOAD_LAG_MS, memoryPercent: config.OVERLOAD_MEMORY_PERCENT };
  }

  /** New connections are to be refused. */
  get active(): boolean {
    return this.overloaded;
  }

  /** How often it came to that. */
  get times(): number {
    return this.begun;
  }

  get strain(): Strain {
    return { lagMs: Math.round(this.lateness.ms), memoryPercent: percentUsed(memory()) };
  }

  onModuleInit(): void {
    this.readiness.add('load', () => this.bearable());
    this.expect();
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
  }

  private expect(): void {
    this.expectedAt = performance.now() + LOOK_MS;
    this.timer = setTimeout(() => this.look(), LOOK_MS).unref();
  }

  private look(): void {
    this.lateness.add(Math.max(0, performance.now() - this.expectedAt));
    const { strain } = this;
    const now = isOverloaded(this.overloaded, strain, this.limits);
    if (now !== this.overloaded) this.turn(now, strain);
    this.expect();
  }

  private turn(overloaded: boolean, strain: Strain): void {
    this.overloaded = overloaded;
    if (!overloaded) return this.logger.log(strain, 'recovered: new connections are taken again');
    this.begun++;
    this.logger.warn(strain, 'overloaded: new connections are refused');
  }

  private bearable(): boolean {
    if (!this.overloaded) return true;
    const { lagMs, memoryPercent } = this.strain;
    throw new Error(`overloaded: the event loop is ${lagMs} ms late, ${memoryPercent} % of the memory is in use`);
  }
}
