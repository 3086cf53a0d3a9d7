import { Server as TlsServer } from 'node:tls';
import { Logger, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { MeshServer, type Layouts, type MeshNode } from '#mesh';
import { nearMisses } from './config/near-miss.js';
import { readConfig, type Config } from './config/read-config.js';
import { COMMON_VARIABLES, type VariableName } from './config/variables.js';
import type { App } from './config/variable.js';
import { HttpAdapter } from './http-adapter.js';
import { Readiness } from './health/readiness.js';
import { Infrastructure } from './infrastructure/infrastructure.js';
import { QuietLogger } from './logging/quiet-logger.js';
import { Stats } from './observe/stats.js';
import { Certificate } from './tls/certificate.js';
import { ServiceModule } from './service.module.js';
import { MESH } from './tokens.js';

export interface ServiceOptions {
  readonly app: App;
  /** The roles that this process plays in the mesh. */
  readonly roles: readonly string[];
  /** How the data of hot patterns travels in the mesh: the same for all apps. */
  readonly layouts?: Layouts;
  /** The app's own module; it finds engine, mesh, actors and the rest by injection. */
  readonly module: NonNullable<DynamicModule['imports']>[number];
  /** The variables it reads besides those that every app reads. */
  readonly config: readonly VariableName[];
  /** Runs before the app is initialised: WebSocket adapter, pipes, filters. */
  readonly configure?: (app: NestExpressApplication) => void;
  /** Runs once when it is ready, with where it listens, e.g. `http://127.0.0.1:8080`. */
  readonly onReady?: (url: string, config: ServiceConfig) => void;
}

export type ServiceConfig = Config & Partial<Config<'AUTH_MODE' | 'DRAIN_MS' | 'TLS_CERT_FILE' | 'TLS_KEY_FILE'>>;

/** One Nest app with all that a service has. Made, then started, then closed; each once. */
export class Service {
  private readonly logger = new Logger('Service');
  private readonly closing = new AbortController();

  private constructor(
    readonly app: NestExpressApplication,
    readonly config: ServiceConfig,
    private readonly onReady: ServiceOptions['onReady'],
    private readonly certificate: Certificate | undefined,
  ) {}

  /** Reads the configuration and builds the app; connects to nothing yet. Throws `ConfigError`. */
  static async create(options: ServiceOptions, env: NodeJS.ProcessEnv = process.env): Promise<Service> {
    const config: ServiceConfig = readConfig([...COMMON_VARIABLES, ...options.config], env, options.app);
    const certificate = Certificate.of(config);
    const { app: name, roles, layouts } = options;
    const root = ServiceModule.forRoot({ app: name, roles, layouts, config }, options.module);
    const app = await NestFactory.create<NestExpressApplication>(root, new HttpAdapter(), {
      bufferLogs: true,
      abortOnError: false,
      httpsOptions: certificate?.serverOptions,
    });
    app.useLogger(app.get(QuietLogger));
    app.disable('x-powered-by');
    options.configure?.(app);
    app.connectMicroservice({ strategy: new MeshServer(app.get<MeshNode>(MESH)) });
    const service = new Service(app, config, options.onReady, certificate);
    service.introduce(options.app, env);
    return service;
  }

  /** Listens, then connects engine and mesh for as long as it takes; resolves when ready, rejects where waiting cannot help. */
  async start(): Promise<void> {
    await this.app.listen(this.config.PORT, this.config.HOST);
    const server: unknown = this.app.getHttpServer();
    if (server instanceof TlsServer) this.certificate?.watch(server);
    const url = await this.app.getUrl();
    await this.app.get(Infrastructure).start(this.transportOnce(), this.closing.signal);
    this.logger.log({ url }, `ready: ${url}`);
    this.onReady?.(url, this.config);
  }

  /** Not ready from now on; drains, leaves the mesh, stops actors and engine. */
  async close(): Promise<void> {
    this.app.get(Readiness).draining();
    this.closing.abort();
    this.certificate?.stop();
    await this.app.close();
  }

  /** The transport listens once (it registers the handlers); after that only its joining of the mesh can have failed, and is repeated. */
  private transportOnce(): () => Promise<unknown> {
    let listened = false;
    return () => {
      if (listened) return this.app.get<MeshNode>(MESH).join();
      listened = true;
      return this.app.startAllMicroservices();
    };
  }

  private introduce(name: App, env: NodeJS.ProcessEnv): void {
    const started = performance.now();
    const stats = this.app.get(Stats);
    stats.add('app', () => name);
    stats.add('instanceId', () => this.config.INSTANCE_ID);
    if (this.certificate) stats.add('tls', () => this.certificate?.state);
    stats.add('uptimeSeconds', () => Math.round((performance.now() - started) / 1_000));
    for (const { found, meant } of nearMisses(env)) this.logger.warn(`${found} is not known here; is ${meant} meant?`);
    if (this.config.AUTH_MODE === 'none')
      this.logger.warn(`AUTH_MODE=none: whoever reaches ${this.config.HOST} may claim to be any user`);
  }
}
