import { join } from 'node:path';
import { AppProcess, type AppName } from './app-process.js';
import { FaultProxy } from './fault-proxy/fault-proxy.js';
import { freePort } from './ports.js';
import { RedisServer, type RedisServerOptions } from './redis-server.js';
import { WireClient } from './wire-client.js';

/** What the apps keep their data in: one server, one with replicas and Sentinels, or a cluster. */
export interface DataServer {
  /** For REDIS_URL. */
  readonly url: string;
  flushAll(): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterOptions extends RedisServerOptions {
  /** Every app reaches Redis, and every client its gateway, through a proxy of its own that can be made faulty; default false. */
  readonly proxied?: boolean;
  /** What every app gets in its environment. */
  readonly env?: Env;
  /** A directory in which each instance's output is kept, one file for all its processes. */
  readonly logs?: string | undefined;
}

type Env = Readonly<Record<string, string>>;

/** An instance keeps its id, port and environment over all its processes. */
interface Instance {
  readonly app: AppName;
  readonly port: number;
  readonly env: Env;
  readonly process: AppProcess;
}

/** A Redis and any number of apps as real processes on free ports; everything it started ends with `stop`. */
export class Cluster<S extends DataServer = RedisServer> {
  private readonly instances = new Map<string, Instance>();
  private readonly clients = new Set<WireClient>();
  private readonly links = new Map<string, FaultProxy>();
  private readonly fronts = new Map<string, FaultProxy>();

  private constructor(
    readonly redis: S,
    private readonly options: ClusterOptions,
  ) {}

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    return Cluster.on(await RedisServer.start({ durable: true, ...options }), options);
  }

  /** On a server that runs already and ends with the cluster. Links to Redis can be `proxied` only where it is a single one. */
  static on<S extends DataServer>(redis: S, options: ClusterOptions = {}): Cluster<S> {
    return new Cluster(redis, options);
  }

  /** Starts `app` as instance `id` and waits until it is ready. */
  async spawn(app: AppName, id: string, env: Env = {}): Promise<AppProcess> {
    const port = await freePort();
    const own = {
      INSTANCE_ID: id,
      REDIS_URL: await this.redisUrl(id),
      ...(app === 'gateway' ? { AUTH_MODE: 'none' } : {}),
      ...this.options.env,
      ...env,
    };
    if (this.options.proxied && app === 'gateway') this.fronts.set(id, await FaultProxy.start(port));
    return this.run(id, app, port, own);
  }

  /** The usual set: one presence, one router, and gateways named gateway-01… */
  async spawnAll(gateways = 2, env: Env = {}): Promise<void> {
    await this.spawnRoles({ presence: 1, router: 1, gateway: gateways }, env);
  }

  /** So many of each, named presence-01, presence-02 and so on. */
  async spawnRoles(counts: Readonly<Partial<Record<AppName, number>>>, env: Env = {}): Promise<void> {
    const wanted = Object.entries(counts) as [AppName, number][];
    const named = wanted.flatMap(([app, count]) => Array.from({ length: count }, (_, n) => [app, n + 1] as const));
    await Promise.all(named.map(([app, n]) => this.spawn(app, `${app}-${String(n).padStart(2, '0')}`, env)));
  }

  get ids(): string[] {
    return [...this.instances.keys()];
  }

  app(id: string): AppProcess {
    return this.instance(id).process;
  }

  /** Ends an app as a crash would. */
  async kill(id: string): Promise<void> {
    await this.app(id).kill();
  }

  /** Starts an ended app again, on the same port; resolves once it is ready. */
  async restart(id: string): Promise<AppProcess> {
    const { app, port, env } = this.instance(id);
    return this.run(id, app, port, env);
  }

  /** Freezes an app: its sockets stay open, nothing is answered. */
  pause(id: string): void {
    this.app(id).pause();
  }

  resume(id: string): void {
    this.app(id).resume();
  }

  /** Nothing passes between this app and Redis, and neither is told. */
  cutLink(id: string): void {
    this.link(id).cut();
  }

  /** Each chunk between this app and Redis comes late, each connection gets so many bytes a second. */
  slowLink(id: string, delayMs: number, bytesPerSecond = Infinity): void {
    this.link(id).slow({ delayMs, bytesPerSecond });
  }

  healLink(id: string): void {
    this.link(id).heal();
  }

  /** The network between an app and Redis, where it is `proxied`. */
  link(id: string): FaultProxy {
    return known(this.links, id, 'link');
  }

  /** The network between clients and a gateway, where it is `proxied`. */
  front(id: string): FaultProxy {
    return known(this.fronts, id, 'front');
  }

  /** Crashes Redis and starts it again with what it kept. */
  async restartRedis(this: Cluster): Promise<void> {
    await this.redis.kill();
    await this.redis.restart();
  }

  /** Freezes Redis: connections stay, nothing is answered. Goes on with `redis.resume`. */
  pauseRedis(this: Cluster): void {
    this.redis.pause();
  }

  /** Every app once, one at a time: told to stop, waited for, started again, ready. Returns the exit codes by id. */
  async rollAll(): Promise<Record<string, number | NodeJS.Signals>> {
    const codes: Record<string, number | NodeJS.Signals> = {};
    for (const id of this.ids) {
      codes[id] = await this.app(id).terminate();
      await this.restart(id);
    }
    return codes;
  }

  /** Where clients of a gateway connect. */
  gatewayUrl(id: string): string {
    return `ws://127.0.0.1:${this.options.proxied ? this.front(id).port : this.app(id).port}/ws`;
  }

  /** A bare WebSocket client of a gateway; closed with the cluster. */
  async connect(gatewayId: string): Promise<WireClient> {
    const client = await WireClient.connect(this.gatewayUrl(gatewayId));
    this.clients.add(client);
    client.socket.once('close', () => this.clients.delete(client));
    return client;
  }

  /** What every app printed lately; for a failing test. */
  logs(): string {
    return [...this.instances.values()].map(({ process: app }) => `--- ${app.name}\n${app.log}`).join('\n');
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.terminate();
    const apps = [...this.instances.values()].map(({ process: app }) => app);
    for (const app of apps) app.resume();
    await Promise.all(apps.map((app) => app.kill()));
    await Promise.all([...this.links.values(), ...this.fronts.values()].map((proxy) => proxy.stop()));
    await this.redis.stop();
  }

  private async run(id: string, app: AppName, port: number, env: Env): Promise<AppProcess> {
    const started = AppProcess.spawn(app, port, env);
    if (this.options.logs !== undefined) started.logTo(join(this.options.logs, `${id}.log`));
    this.instances.set(id, { app, port, env, process: started });
    return started.ready();
  }

  private async redisUrl(id: string): Promise<string> {
    const { url } = this.redis;
    if (!this.options.proxied || !url.startsWith('redis://')) return url;
    const link = await FaultProxy.start(Number(new URL(url).port));
    this.links.set(id, link);
    return `redis://127.0.0.1:${link.port}`;
  }

  private instance(id: string): Instance {
    return known(this.instances, id, 'app');
  }
}

function known<T>(map: ReadonlyMap<string, T>, id: string, what: string): T {
  const found = map.get(id);
  if (found === undefined) throw new Error(`no ${what} ${id}; there are ${[...map.keys()].join(', ')}`);
  return found;
}
