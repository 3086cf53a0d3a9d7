import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { LAG_RESOLUTION_MS } from '../health/event-loop.js';

/** The app's Prometheus registry: pass it as `registers: [metrics]` to prom-client's Counter, Gauge, Histogram. */
@Injectable()
export class Metrics extends Registry {
  constructor() {
    super();
    collectDefaultMetrics({ register: this, eventLoopMonitoringPrecision: LAG_RESOLUTION_MS });
  }
}
