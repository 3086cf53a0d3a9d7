import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorFunction, type HealthIndicatorResult } from '@nestjs/terminus';
import type { Engine } from '#engine';
import type { Mesh } from '#mesh';
import { ENGINE, MESH } from '../tokens.js';
import { EventLoop } from './event-loop.js';
import { Readiness, type ReadinessCheck } from './readiness.js';

const PING_TIMEOUT_MS = 1_000;
/** Beyond it, clients wait so long that an operator should look. */
const LAG_LIMIT_MS = 500;

/** What is checked, as terminus indicators. */
@Injectable()
export class HealthChecks {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly eventLoop: EventLoop,
    private readonly readiness: Readiness,
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(MESH) private readonly mesh: Mesh,
  ) {}

  /** Whether the parts that this process leans on are there, and what the app itself says. */
  parts(): HealthIndicatorFunction[] {
    return [() => this.engineAnswers(), () => this.carrierConnected(), () => this.eventLoopOnTime(), ...this.own()];
  }

  /** Whether work may come here: not while starting or draining, nor without engine and carrier, nor against a check of the app. */
  ready(): HealthIndicatorFunction[] {
    return [() => this.phase(), () => this.engineAnswers(), () => this.carrierConnected(), ...this.own()];
  }

  private own(): HealthIndicatorFunction[] {
    return [...this.readiness.checks].map(
      ([name, check]) =>
        () =>
          this.appCheck(name, check),
    );
  }

  private phase(): HealthIndicatorResult {
    const { phase } = this.readiness;
    const indicator = this.indicators.check('phase');
    return phase === 'serving' ? indicator.up() : indicator.down(phase);
  }

  private async engineAnswers(): Promise<HealthIndicatorResult> {
    return this.indicators.check('engine').attempt(() => this.engine.ping(PING_TIMEOUT_MS));
  }

  private carrierConnected(): HealthIndicatorResult {
    const indicator = this.indicators.check('carrier');
    return this.mesh.connected ? indicator.up() : indicator.down('not connected');
  }

  private eventLoopOnTime(): HealthIndicatorResult {
    const lagMs = this.eventLoop.lagMs();
    const indicator = this.indicators.check('eventLoop');
    return lagMs <= LAG_LIMIT_MS ? indicator.up({ lagMs }) : indicator.down({ lagMs });
  }

  private async appCheck(name: string, check: ReadinessCheck): Promise<HealthIndicatorResult> {
    return this.indicators.check(name).attempt(async () => {
      if (!(await check())) throw new Error('not ready');
    });
  }
}
