import type { DynamicModule, INestMicroservice, Type } from '@nestjs/common';
import type { Clock } from '#actor';
import type { Engine } from '#engine';
import type { Carrier, LeaseStore, MeshNode } from '#mesh';

export interface RoleHostOptions {
  readonly id: string;
  readonly roles: readonly string[];
  /** The app's own module. */
  readonly module: Type | DynamicModule;
  readonly engine: Engine;
  readonly carrier: Carrier;
  readonly leases: LeaseStore;
  readonly lease?: { readonly beatMs: number; readonly ttlMs: number } | undefined;
  /** What the app is configured with, as far as it reads it. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What a stop may take until the actors have ended, ms; default 0: they are stopped. */
  readonly handoverMs?: number;
  /** For the actors and CLOCK; the mesh beats in real time. Default: the process's own. */
  readonly clock?: Clock;
}

/** One app's module on real infrastructure within a test's process: its controllers hear the mesh, its actors run. No HTTP. */
export class RoleHost {
  private stopping: Promise<void> | undefined;

  private constructor(
    private readonly app: INestMicroservice,
    readonly mesh: MeshNode,
    private readonly snapshot: () => Record<string, unknown>,
  ) {}

  static async start(options: RoleHostOptions): Promise<RoleHost> {
    // Nest and all that a service has are loaded here, not by every test that imports this library.
    const { Test } = await import('@nestjs/testing');
    const { createMesh, MeshServer } = await import('#mesh');
    const { LAYOUTS } = await import('#contract');
    const { Stats } = await import('#service');
    const mesh = createMesh({
      ...options,
      ...options.lease,
      layouts: LAYOUTS,
      clock: undefined,
      onError: () => undefined,
    });
    const imports = [await infrastructure(options, mesh), options.module];
    const testing = await Test.createTestingModule({ imports }).compile();
    const app = testing.createNestMicroservice({ strategy: new MeshServer(mesh), logger: ['error', 'fatal'] });
    await app.listen();
    const stats = app.get(Stats, { strict: false });
    return new RoleHost(app, mesh, () => stats.snapshot());
  }

  /** What `GET /stats` would answer under `name`. */
  stats(name: string): Record<string, number> {
    return this.snapshot()[name] as Record<string, number>;
  }

  get<T>(token: Type<T> | string | symbol): T {
    return this.app.get<T>(token, { strict: false });
  }

  /** May be called more than once. */
  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  /** A bare microservice closes its transport first; a service, which is an application besides, hands over before. */
  private async end(): Promise<void> {
    const { Handover } = await import('#service');
    await this.get(Handover).beforeApplicationShutdown();
    await this.app.close();
  }
}

async function infrastructure(options: RoleHostOptions, mesh: MeshNode): Promise<DynamicModule> {
  const { ActorModule, systemClock } = await import('#actor');
  const { CLOCK, CONFIG, ENGINE, Handover, HANDOVER_MS, MESH, Metrics, Stats } = await import('#service');
  const clock = options.clock ?? systemClock;
  return {
    module: class Infrastructure {},
    global: true,
    imports: [ActorModule.forRoot({ clock })],
    providers: [
      { provide: CLOCK, useValue: clock },
      { provide: CONFIG, useValue: options.config ?? {} },
      { provide: ENGINE, useValue: options.engine },
      { provide: MESH, useValue: mesh },
      { provide: HANDOVER_MS, useValue: options.handoverMs ?? 0 },
      Handover,
      Stats,
      Metrics,
    ],
    exports: [CLOCK, CONFIG, ENGINE, Handover, MESH, Stats, Metrics],
  };
}
