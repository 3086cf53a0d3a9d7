import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamicModule, Type } from '@nestjs/common';
import type { Engine, EngineSettings } from '#engine';
import type { Carrier, LeaseStore, MeshNode } from '#mesh';
import { EngineGate } from './engine-gate.js';
import { eventually } from './eventually.js';
import { RedisServer } from './redis-server.js';
import { RoleHost } from './role-host.js';
import { VirtualClock } from './virtual-clock.js';

export type EngineKind = 'embedded' | 'redis';

/** What a test that needs an engine runs on: `describe.each(ENGINE_KINDS)`. */
export const ENGINE_KINDS: readonly EngineKind[] = RedisServer.available ? ['embedded', 'redis'] : ['embedded'];

export interface StageOptions {
  readonly kind: EngineKind;
  /** For `redis`; emptied first. */
  readonly redis?: RedisServer | undefined;
  readonly settings?: Partial<EngineSettings>;
  /** The leases of all nodes on the stage, ms; default: those of the mesh. */
  readonly lease?: { readonly beatMs: number; readonly ttlMs: number };
  /** What stopping a host may take until its actors have ended, ms; default 0. */
  readonly handoverMs?: number;
  /** What all nodes see in place of the leases in memory. */
  readonly wrap?: (leases: LeaseStore) => LeaseStore;
  /** What instance `id` has in place of a carrier in memory. */
  readonly carrier?: (id: string) => Carrier;
}

/**
 * Several services in one process, each a node of its own on one mesh in memory, all on one real engine behind a gate. Actors run on a
 * virtual clock, and so does the embedded engine; the mesh beats in real time. Everything started on it ends with `stop`.
 */
export class Stage {
  readonly gate: EngineGate;
  private readonly nodes: MeshNode[] = [];
  private readonly stops: (() => Promise<void>)[] = [];

  private constructor(
    /** The engine itself; what is started here reaches it through `gate`. */
    readonly engine: Engine,
    readonly clock: VirtualClock,
    private readonly leases: LeaseStore,
    private readonly directory: string,
    private readonly lease: StageOptions['lease'],
    private readonly handoverMs: number,
    private readonly carrierOf: (id: string) => Carrier,
  ) {
    this.gate = new EngineGate(engine);
  }

  static async start({
    kind,
    redis,
    settings = {},
    lease,
    wrap,
    handoverMs = 0,
    carrier,
  }: StageOptions): Promise<Stage> {
    const [{ createEngine }, { LocalCarrier, LocalHub, LocalLeases }] = await Promise.all([
      import('#engine'),
      import('#mesh'),
    ]);
    const clock = new VirtualClock(Date.now());
    const directory = await mkdtemp(join(tmpdir(), 'switchboard-stage-'));
    if (kind === 'redis' && !redis) throw new Error('a stage on redis needs a RedisServer');
    await redis?.flushAll();
    const engine = createEngine(
      redis
        ? { kind: 'redis', url: redis.url, settings }
        : { kind: 'embedded', directory, settings, now: () => clock.now() },
    );
    await engine.start();
    const leases = wrap ? wrap(new LocalLeases()) : new LocalLeases();
    const hub = new LocalHub();
    const carrierOf = carrier ?? (() => new LocalCarrier(hub));
    return new Stage(engine, clock, leases, directory, lease, handoverMs, carrierOf);
  }

  /** Starts an app's module as instance `id` of `role`; resolves once all know each other. */
  async host(role: string, id: string, module: Type | DynamicModule, config: object = {}): Promise<RoleHost> {
    const { clock, leases, handoverMs } = this;
    const options = {
      id,
      roles: [role],
      module,
      engine: this.gate.engine,
      carrier: this.carrierOf(id),
      leases,
      clock,
      handoverMs,
    };
    const host = await RoleHost.start({ ...options, lease: this.lease, config: { ...config } });
    await this.admit(host.mesh, () => host.stop());
    return host;
  }

  /** Starts a bare instance of a role; `prepare` adds what it handles. */
  async node(role: string, id: string, prepare: (node: MeshNode) => void = () => undefined): Promise<MeshNode> {
    const { createMesh } = await import('#mesh');
    const { LAYOUTS } = await import('#contract');
    const { leases, lease } = this;
    const node = createMesh({
      id,
      roles: [role],
      layouts: LAYOUTS,
      carrier: this.carrierOf(id),
      leases,
      ...lease,
    });
    prepare(node);
    await node.join();
    await this.admit(node, () => node.leave());
    return node;
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.toReversed()) await stop();
    await this.engine.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  private async admit(node: MeshNode, stop: () => Promise<void>): Promise<void> {
    this.nodes.push(node);
    this.stops.push(stop);
    await eventually(() => {
      for (const one of this.nodes.filter(({ connected }) => connected))
        if (!knows(one, node) || !knows(node, one))
          throw new Error(`${one.self.id} and ${node.self.id} have not met yet`);
    });
  }
}

const knows = (one: MeshNode, { self }: MeshNode): boolean =>
  self.roles.every((role) => one.members(role).some(({ incarnation }) => incarnation === self.incarnation));
