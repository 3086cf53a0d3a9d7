import { spawn, type ChildProcess } from 'node:child_process';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';

/** The binary of redis-server or valkey-server that tests start: SWITCHBOARD_REDIS_SERVER, else what the PATH has. */
export const redisBinary = (): string => process.env['SWITCHBOARD_REDIS_SERVER'] ?? 'redis-server';

/** One redis-server process among several (of a cluster, or under Sentinel), on loopback. */
export class RedisNode {
  private child: ChildProcess | undefined;

  constructor(
    readonly port: number,
    private readonly directory: string,
    private readonly args: readonly string[],
  ) {}

  get running(): boolean {
    return this.child !== undefined;
  }

  /** Starts the process, again with what it kept; resolves once it answers, be it that it is still loading. */
  async start(): Promise<this> {
    this.child = spawn(redisBinary(), this.args, { stdio: 'ignore', cwd: this.directory });
    await new Promise<void>((done, fail) => this.child?.once('spawn', done).once('error', fail));
    await eventually(() => this.call('PING'));
    return this;
  }

  /** Ends the process at once, as a crash would. */
  async kill(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill('SIGKILL');
    await gone;
  }

  /** Freezes it: connections stay, nothing is answered. */
  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  /** One command, as redis-cli would send it. */
  call(command: string, ...args: readonly (string | number)[]): Promise<unknown> {
    return this.withClient((client) => client.call(command, ...args));
  }

  /** Its answer to `INFO` or the like, as text. */
  async text(command: string, ...args: readonly (string | number)[]): Promise<string> {
    return String(await this.call(command, ...args));
  }

  /** Runs `use` with a short-lived client of its own. */
  async withClient<T>(use: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.port, '127.0.0.1', {
      lazyConnect: true,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      commandTimeout: 2_000,
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
}
