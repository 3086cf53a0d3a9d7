import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '#engine';
import { ROLE } from '#contract';
import { ENGINE, MESH, Service, type ServiceOptions } from '#service';
import { RedisServer, UNLIMITED, WireClient, eventually, type EngineKind } from '#testing';
import type { MeshNode } from '#mesh';
import { GATEWAY_VARIABLES } from '../../apps/gateway/src/config.js';
import { GatewayModule, configureGateway } from '../../apps/gateway/src/gateway.module.js';
import { PRESENCE_VARIABLES } from '../../apps/presence/src/config.js';
import { PresenceModule } from '../../apps/presence/src/presence.module.js';
import { ROUTER_VARIABLES } from '../../apps/router/src/config.js';
import { RouterModule } from '../../apps/router/src/router.module.js';
import { STANDALONE_VARIABLES } from '../../apps/standalone/src/config.js';
import { StandaloneModule } from '../../apps/standalone/src/standalone.module.js';

type Kind = 'gateway' | 'presence' | 'router' | 'standalone';

const SERVICES: Readonly<Record<Kind, ServiceOptions>> = {
  gateway: {
    app: 'gateway',
    roles: [ROLE.gateway],
    module: GatewayModule,
    config: GATEWAY_VARIABLES,
    configure: configureGateway,
  },
  presence: { app: 'presence', roles: [ROLE.presence], module: PresenceModule, config: PRESENCE_VARIABLES },
  router: { app: 'router', roles: [ROLE.router], module: RouterModule, config: ROUTER_VARIABLES },
  standalone: {
    app: 'standalone',
    roles: Object.values(ROLE),
    module: StandaloneModule,
    config: STANDALONE_VARIABLES,
    configure: configureGateway,
  },
};

/** What runs on which engine: everything in one, or two of what there may be several of. */
const CAST: Readonly<Record<EngineKind, readonly (readonly [Kind, string])[]>> = {
  embedded: [['standalone', 'gateway-01']],
  redis: [
    ['presence', 'presence-01'],
    ['router', 'router-01'],
    ['router', 'router-02'],
    ['gateway', 'gateway-01'],
    ['gateway', 'gateway-02'],
  ],
};

type Token<T> = string | symbol | (abstract new (...args: never[]) => T);

/** Whole services, real in every part, within this process, where a test can reach into them. */
export class Composition {
  private readonly services = new Map<string, Service>();
  private readonly clients = new Set<WireClient>();

  private constructor(
    private readonly redis: RedisServer | undefined,
    private readonly directory: string,
  ) {}

  static async start(kind: EngineKind, env: Readonly<Record<string, string>> = {}): Promise<Composition> {
    const redis = kind === 'redis' ? await RedisServer.start() : undefined;
    const composition = new Composition(redis, await mkdtemp(join(tmpdir(), 'switchboard-model-')));
    for (const [service, id] of CAST[kind]) await composition.run(service, id, env);
    await composition.met();
    return composition;
  }

  /** Any engine: they share what they keep. */
  get engine(): Engine {
    return this.parts<Engine>(ENGINE)[0]!;
  }

  get gateways(): readonly string[] {
    return [...this.services.keys()].filter((id) => id.startsWith('gateway-'));
  }

  /** That part of every service that has one, itself, for a test to break. */
  parts<T>(token: Token<T>): T[] {
    return [...this.services.values()].flatMap(({ app }) => {
      try {
        return [app.get<T>(token, { strict: false })];
      } catch {
        return [];
      }
    });
  }

  /** A client of the gateway; it is closed with the composition. */
  async connect(gatewayId = 'gateway-01'): Promise<WireClient> {
    const url = await this.services.get(gatewayId)!.app.getUrl();
    const client = await WireClient.connect(`${url.replace('http', 'ws')}/ws`);
    this.clients.add(client);
    client.socket.once('close', () => this.clients.delete(client));
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.terminate();
    for (const service of [...this.services.values()].toReversed()) await service.close();
    await this.redis?.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  private async run(kind: Kind, id: string, env: Readonly<Record<string, string>>): Promise<void> {
    const service = await Service.create(SERVICES[kind], {
      INSTANCE_ID: id,
      PORT: '0',
      LOG_LEVEL: 'silent',
      DRAIN_MS: '0',
      ...UNLIMITED,
      ...(kind === 'router' || kind === 'presence' ? {} : { AUTH_MODE: 'none' }),
      ...(this.redis ? { REDIS_URL: this.redis.url } : { DATA_DIR: this.directory }),
      ...env,
    });
    this.services.set(id, service);
    await service.start();
  }

  /** Waits until all know each other. */
  private async met(): Promise<void> {
    const nodes = this.parts<MeshNode>(MESH);
    const total = (node: MeshNode): number =>
      Object.values(ROLE).reduce((sum, role) => sum + node.members(role).length, 0);
    const all = nodes.reduce((sum, { self }) => sum + self.roles.length, 0);
    await eventually(() => {
      const lone = nodes.find((node) => total(node) !== all);
      if (lone) throw new Error(`${lone.self.id} knows ${total(lone)} of ${all}`);
    });
  }
}
