import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ActorModule, ActorSystem, systemClock, type Clock } from '#actor';
import { LAYOUTS, ROLE } from '#contract';
import { LocalCarrier, LocalHub, LocalLeases, MeshServer, createMesh, type LeaseStore, type MeshNode } from '#mesh';
import { CLOCK, CONFIG, Fenced, HttpAdapter, MESH, Metrics, Readiness, Stats, readConfig } from '#service';
import { GATEWAY_VARIABLES, type GatewayConfig } from '../config.js';
import { GatewayModule, configureGateway } from '../gateway.module.js';
import { Backend } from './backend.js';

export interface GatewayOptions {
  /** As in the environment; without rates, where it does not name them. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of the gateway; the mesh keeps to the process's own. */
  readonly clock?: Clock;
  /** What the gateway's leases are in place of those in memory, and their life. */
  readonly wrap?: (leases: LeaseStore) => LeaseStore;
  readonly lease?: { readonly beatMs: number; readonly ttlMs: number };
  /** Message types of a deployer's. */
  readonly modules?: readonly Type<unknown>[];
}

/** What is not about limits may send as fast as it likes. */
const UNLIMITED = {
  RATE_LIMIT_FRAMES: '0',
  RATE_LIMIT_BYTES: '0',
  USER_RATE_LIMIT_FRAMES: '0',
  OVERLOAD_LAG_MS: '0',
  OVERLOAD_MEMORY_PERCENT: '100',
};

@Global()
@Module({})
class TestInfrastructure {}

/** A gateway in this process, with real sockets and a real mesh to a Backend that the test plays with. */
export class GatewayUnderTest {
  private constructor(
    readonly app: NestExpressApplication,
    readonly backend: Backend,
    readonly hub: LocalHub,
    readonly url: string,
  ) {}

  static async start(options: GatewayOptions = {}): Promise<GatewayUnderTest> {
    const hub = new LocalHub();
    const leases = new LocalLeases();
    const id = 'gateway-01';
    const { lease, wrap = (same) => same } = options;
    const carrier = new LocalCarrier(hub);
    const mesh = createMesh({ id, roles: [ROLE.gateway], layouts: LAYOUTS, carrier, leases: wrap(leases), ...lease });
    const app = await NestFactory.create<NestExpressApplication>(root(mesh, options), new HttpAdapter(), {
      logger: process.env['TEST_LOGS'] ? undefined : false,
      abortOnError: false,
    });
    configureGateway(app);
    app.connectMicroservice({ strategy: new MeshServer(mesh) });
    await app.listen(0, '127.0.0.1');
    await app.startAllMicroservices();
    app.get(Readiness).serving();
    const backend = await Backend.start(hub, leases, id);
    return new GatewayUnderTest(app, backend, hub, `${(await app.getUrl()).replace('http', 'ws')}/ws`);
  }

  /** Actors that exist: one a session. */
  get actors(): number {
    return this.app.get(ActorSystem).stats().spawned;
  }

  stats(): Record<string, unknown> {
    return this.app.get(Stats).snapshot();
  }

  /** One that must be there. */
  get<T>(type: Type<T>): T {
    return this.app.get(type);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.backend.node.leave();
  }
}

function root(mesh: MeshNode, { env = {}, clock = systemClock, modules = [] }: GatewayOptions): DynamicModule {
  const names = ['INSTANCE_ID', 'HOST', ...GATEWAY_VARIABLES] as const;
  const config = readConfig(names, { INSTANCE_ID: 'gateway-01', AUTH_MODE: 'none', ...UNLIMITED, ...env }, 'gateway');
  return {
    module: TestInfrastructure,
    global: true,
    imports: [ActorModule.forRoot({ clock }), GatewayModule, ...modules],
    providers: [
      { provide: MESH, useValue: mesh },
      { provide: CLOCK, useValue: clock },
      { provide: CONFIG, useValue: config satisfies Partial<GatewayConfig> },
      Fenced,
      Stats,
      Metrics,
      Readiness,
    ],
    exports: [MESH, CLOCK, CONFIG, Fenced, Stats, Metrics, Readiness],
  };
}
