import { Controller, Get, Header } from '@nestjs/common';
import { Metrics } from './metrics.js';
import { Stats } from './stats.js';

@Controller()
export class ObserveController {
  constructor(
    private readonly numbers: Stats,
    private readonly registry: Metrics,
  ) {}

  @Get('stats')
  stats(): Record<string, unknown> {
    return this.numbers.snapshot();
  }

  @Get('metrics')
  @Header('Content-Type', Metrics.PROMETHEUS_CONTENT_TYPE)
  metrics(): Promise<string> {
    return this.registry.metrics();
  }
}
