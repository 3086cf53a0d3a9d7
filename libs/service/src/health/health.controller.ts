import { Controller, Get } from '@nestjs/common';
import { HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { HealthChecks } from './health-checks.js';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly checks: HealthChecks,
  ) {}

  /** Every check: 200, or 503 and which one fails. */
  @Get()
  all(): Promise<HealthCheckResult> {
    return this.health.check(this.checks.parts());
  }

  /** The process answers. Not by terminus, which says 503 while shutting down: a draining gateway must not be killed for it. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  ready(): Promise<HealthCheckResult> {
    return this.health.check(this.checks.ready());
  }
}
