import { Cluster, type AppName, type DataServer } from '#testing';
import { ENGINES, startVictim, type EngineName, type Victim } from './server.js';
import type { Topology } from './schedule.js';

export { ENGINES, type EngineName };

const API_KEY = 'the-key-of-the-chaos-suite';

export interface WorldOptions {
  readonly engine: EngineName;
  readonly gateways: number;
  readonly routers: number;
  readonly presences: number;
  /** Whether Redis keeps what it was told over a crash. Without it a run has to fail. */
  readonly durable: boolean;
  /** What else the apps get in their environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Every app reaches Redis, and every client its gateway, through a proxy; default false. */
  readonly proxied?: boolean;
  /** Where the apps' output is kept. */
  readonly logs?: string | undefined;
}

/** One user's presence as the server API tells it. */
export interface Told {
  readonly userId: string;
  readonly status: string;
  readonly connections: readonly { readonly connectionId: string; readonly gatewayId: string }[];
}

/** The system under test: apps, their data, and what operators see of it. */
export class World {
  /** Apps that ended though nobody had ended them, and drains that did not exit with 0. */
  readonly oddExits: string[] = [];
  private readonly held = new Set<string>();
  private keeper: NodeJS.Timeout | undefined;

  private constructor(
    readonly cluster: Cluster<DataServer>,
    readonly victim: Victim,
    readonly topology: Topology,
  ) {}

  static async start({ engine, durable, logs, env: more, proxied = false, ...counts }: WorldOptions): Promise<World> {
    const victim = await startVictim(engine, durable);
    const env = { API_KEY, LOG_MAX_LENGTH: '1000000', DRAIN_MS: '2000', ...more };
    const cluster = Cluster.on(victim.server, { proxied, env, logs });
    const named = (app: AppName, count: number): string[] =>
      Array.from({ length: count }, (_, n) => `${app}-${String(n + 1).padStart(2, '0')}`);
    const topology = {
      gateways: named('gateway', counts.gateways),
      routers: named('router', counts.routers),
      presences: named('presence', counts.presences),
      redis: victim.parts,
      links: proxied && victim.proxied,
    };
    const world = new World(cluster, victim, topology);
    try {
      await cluster.spawnRoles({ presence: counts.presences, router: counts.routers, gateway: counts.gateways });
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    world.keeper = setInterval(() => world.keep(), 250);
    return world;
  }

  /** As an orchestrator would: an app that ends by itself is started again, unless it is held down by a fault. */
  private keep(): void {
    for (const id of this.cluster.ids) {
      const app = this.cluster.app(id);
      if (app.running || this.held.has(id)) continue;
      this.oddExits.push(`${id} ended by itself`);
      void this.holding(id, async () => void (await this.cluster.restart(id)));
    }
  }

  /** The keeper leaves the app alone meanwhile. */
  async holding(id: string, work: () => Promise<void>): Promise<void> {
    this.held.add(id);
    try {
      await work();
    } catch (error) {
      this.oddExits.push(`${id}: ${String(error).split('\n')[0]}`);
    } finally {
      this.held.delete(id);
    }
  }

  /** Those apps that do not say they are ready. */
  async unready(): Promise<string[]> {
    const ready = async (id: string): Promise<boolean> => {
      const signal = AbortSignal.timeout(2_000);
      const answer = await fetch(this.cluster.app(id).url('/health/ready'), { signal }).catch(() => undefined);
      return answer?.ok === true;
    };
    const answers = await Promise.all(this.cluster.ids.map(async (id) => [id, await ready(id)] as const));
    return answers.flatMap(([id, ok]) => (ok ? [] : [id]));
  }

  async join(conversation: string, userId: string): Promise<void> {
    const answer = await this.api('PUT', `/api/conversations/${conversation}/members/${userId}`);
    await answer.arrayBuffer();
  }

  async presences(userIds: readonly string[]): Promise<Told[]> {
    const answer = await this.api('POST', '/api/presence/query', { userIds });
    return ((await answer.json()) as { users: Told[] }).users;
  }

  async stop(): Promise<void> {
    clearInterval(this.keeper);
    await this.cluster.stop();
  }

  private async api(method: string, path: string, body?: object): Promise<Response> {
    const router = this.topology.routers[0] ?? '';
    const headers = { authorization: `Bearer ${API_KEY}`, ...(body && { 'content-type': 'application/json' }) };
    const answer = await fetch(this.cluster.app(router).url(path), {
      method,
      headers,
      signal: AbortSignal.timeout(5_000),
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}
