import { AppProcess, type AppName } from './app-process.js';
import { freePort } from './ports.js';
import { RedisServer, type RedisServerOptions } from './redis-server.js';
import { WireClient } from './wire-client.js';

/** A Redis and any number of apps as real processes on free ports; everything it started ends with `stop`. */
export class Cluster {
  private readonly apps = new Map<string, AppProcess>();
  private readonly clients = new Set<WireClient>();

  private constructor(readonly redis: RedisServer) {}

  static async start(redis: RedisServerOptions = {}): Promise<Cluster> {
    return new Cluster(await RedisServer.start({ durable: true, ...redis }));
  }

  /** Starts `app` as instance `id` and waits until it is ready. */
  async spawn(app: AppName, id: string, env: Readonly<Record<string, string>> = {}): Promise<AppProcess> {
    const started = AppProcess.spawn(app, await freePort(), {
      INSTANCE_ID: id,
      REDIS_URL: this.redis.url,
      ...(app === 'gateway' ? { AUTH_MODE: 'none' } : {}),
      ...env,
    });
    this.apps.set(id, started);
    return started.ready();
  }

  /** The usual set: one presence, one router, and gateways named gateway-01… */
  async spawnAll(gateways = 2, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const ids = Array.from({ length: gateways }, (_, i) => `gateway-${String(i + 1).padStart(2, '0')}`);
    await Promise.all([
      this.spawn('presence', 'presence-01', env),
      this.spawn('router', 'router-01', env),
      ...ids.map((id) => this.spawn('gateway', id, env)),
    ]);
  }

  app(id: string): AppProcess {
    const app = this.apps.get(id);
    if (!app) throw new Error(`no app ${id}; there are ${[...this.apps.keys()].join(', ')}`);
    return app;
  }

  /** A bare WebSocket client of a gateway; closed with the cluster. */
  async connect(gatewayId: string): Promise<WireClient> {
    const client = await WireClient.connect(`ws://127.0.0.1:${this.app(gatewayId).port}/ws`);
    this.clients.add(client);
    return client;
  }

  /** What every app printed lately; for a failing test. */
  logs(): string {
    return [...this.apps.values()].map((app) => `--- ${app.name}\n${app.log}`).join('\n');
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.terminate();
    for (const app of this.apps.values()) app.resume();
    await Promise.all([...this.apps.values()].map((app) => app.kill()));
    await this.redis.stop();
  }
}
