import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { freePort } from './ports.js';

export interface RedisServerOptions {
  /** Keep an append-only file, so that a restart keeps the data; default false. */
  readonly durable?: boolean;
  /** When the append-only file is synced; default `always`, so that nothing accepted is lost in a kill. */
  readonly appendfsync?: 'always' | 'everysec';
  /** Rewrite the append-only file whenever it has doubled, as the server does by default; default true. */
  readonly rewrite?: boolean;
}

/**
 * A real redis-server (or valkey-server) of the test's own on a free port: binary from SWITCHBOARD_REDIS_SERVER, else `redis-server` on the
 * PATH. Where the tests are to use a server that runs already (REDIS_URL), `start` empties that one and uses it; it can not be killed.
 */
export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(
    readonly url: string,
    private readonly port: number,
    private readonly directory: string | undefined,
    private readonly options: RedisServerOptions,
  ) {}

  /** Whether a Redis can be had for tests: the test run decides before it starts (see npm test). */
  static get available(): boolean {
    return process.env['SWITCHBOARD_REDIS'] !== 'none';
  }

  /** Whether tests may stop and restart it: not when it is somebody else's. */
  static get own(): boolean {
    return process.env['REDIS_URL'] === undefined;
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const given = process.env['REDIS_URL'];
    if (given !== undefined) {
      const server = new RedisServer(given, 0, undefined, options);
      await server.flushAll();
      return server;
    }
    const port = await freePort();
    const directory = await mkdtemp(join(tmpdir(), 'switchboard-redis-'));
    const server = new RedisServer(`redis://127.0.0.1:${port}`, port, directory, options);
    await server.restart();
    return server;
  }

  /** Starts the process again on the same port (with its data, if durable); resolves when it answers. */
  async restart(): Promise<void> {
    const binary = process.env['SWITCHBOARD_REDIS_SERVER'] ?? 'redis-server';
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--dir', this.directory ?? '.'];
    const { durable = false, appendfsync = 'always', rewrite = true } = this.options;
    args.push('--appendonly', durable ? 'yes' : 'no', '--appendfsync', appendfsync, '--daemonize', 'no');
    if (!rewrite) args.push('--auto-aof-rewrite-percentage', '0');
    this.child = spawn(binary, args, { stdio: 'ignore' });
    await new Promise<void>((done, fail) => this.child?.once('spawn', done).once('error', fail));
    await eventually(() => this.withClient((client) => client.ping()));
  }

  /** Ends the process at once, as a crash would. */
  async kill(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill('SIGKILL');
    await gone;
  }

  /** Freezes the process: connections stay, nothing is answered. */
  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  async flushAll(): Promise<void> {
    await this.withClient((client) => client.flushall());
  }

  /** Scripts that it has run so far. */
  async scriptCalls(): Promise<number> {
    const stats = await this.withClient((client) => client.info('commandstats'));
    return [...stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
  }

  /** Runs `use` with a short-lived client of its own, as redis-cli would. */
  async withClient<T>(use: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.url, {
      lazyConnect: true,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      disconnectTimeout: 20,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await use(client);
    } finally {
      client.disconnect();
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    if (this.directory !== undefined) await rm(this.directory, { recursive: true, force: true });
  }
}
