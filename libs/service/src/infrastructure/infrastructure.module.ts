import { Logger, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ActorModule, systemClock } from '#actor';
import { createEngine, type Engine } from '#engine';
import { createMesh, type Layouts, type MeshNode } from '#mesh';
import type { App } from '../config/variable.js';
import type { Config } from '../config/read-config.js';
import { EventLoop } from '../health/event-loop.js';
import { HealthChecks } from '../health/health-checks.js';
import { HealthController } from '../health/health.controller.js';
import { Readiness } from '../health/readiness.js';
import { InfrastructureNumbers } from '../observe/infrastructure-numbers.js';
import { Metrics } from '../observe/metrics.js';
import { ObserveController } from '../observe/observe.controller.js';
import { Stats } from '../observe/stats.js';
import { CLOCK, CONFIG, ENGINE, MESH } from '../tokens.js';
import { adriftMs, carrierOf, engineOptions } from './choices.js';
import { Handover, HANDOVER_MS } from '../handover/handover.js';
import { Fenced } from './fenced.js';
import { Infrastructure } from './infrastructure.js';

export interface InfrastructureOptions {
  readonly app: App;
  /** The roles that this instance plays in the mesh. */
  readonly roles: readonly string[];
  readonly layouts?: Layouts;
  readonly config: Config;
}

/** What has been asked of this instance is answered by then: asks are given up after as long. */
const LEAVE_MS = 5_000;

/** What actors have in hand takes no longer, unless the engine is away. */
const HANDOVER_LIMIT_MS = 3_000;

const logger = new Logger('Mesh');

const makeMesh = ({ roles, layouts, config }: InfrastructureOptions, engine: Engine): MeshNode =>
  createMesh({
    id: config.INSTANCE_ID,
    roles,
    layouts,
    carrier: carrierOf(config),
    leases: engine.leases,
    clock: systemClock,
    leaveMs: LEAVE_MS,
    adriftMs: adriftMs(config),
    onError: (error, doing) => logger.warn({ err: error }, doing),
  });

function providers(options: InfrastructureOptions): Provider[] {
  return [
    { provide: CONFIG, useValue: options.config },
    { provide: CLOCK, useValue: systemClock },
    { provide: HANDOVER_MS, useValue: HANDOVER_LIMIT_MS },
    { provide: ENGINE, useFactory: () => createEngine(engineOptions(options.config)) },
    { provide: MESH, useFactory: (engine: Engine) => makeMesh(options, engine), inject: [ENGINE] },
  ];
}

/** What every app stands on: engine, mesh, actors, clock, configuration, health, stats, metrics. Nothing connects before `Infrastructure.start`. */
@Module({})
export class InfrastructureModule {
  static forRoot(options: InfrastructureOptions): DynamicModule {
    return {
      module: InfrastructureModule,
      global: true,
      imports: [ActorModule.forRoot(), TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController, ObserveController],
      providers: [
        ...providers(options),
        Infrastructure,
        Fenced,
        Handover,
        EventLoop,
        HealthChecks,
        Readiness,
        Stats,
        Metrics,
        InfrastructureNumbers,
      ],
      exports: [CONFIG, CLOCK, ENGINE, MESH, Fenced, Handover, Readiness, Stats, Metrics],
    };
  }
}
