import { spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { testCertificate } from './test-certificate.js';

/** The binary of redis-server or valkey-server that tests start: SWITCHBOARD_REDIS_SERVER, else what the PATH has. */
export const redisBinary = (): string => process.env['SWITCHBOARD_REDIS_SERVER'] ?? 'redis-server';

/** With what servers and Sentinels encrypt all that they say. */
export interface NodeTls {
  /** PEM: what clients must trust. */
  readonly ca: string;
  /** The same as a file. */
  readonly caFile: string;
  /** Settings for redis.conf, but for the ports. */
  readonly settings: readonly (readonly [name: string, value: string])[];
}

/** @param directory where certificate and key are kept. */
export async function nodeTls(directory: string): Promise<NodeTls> {
  const { cert, key } = await testCertificate('redis');
  const [caFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  await Promise.all([writeFile(caFile, cert), writeFile(keyFile, key)]);
  const files = [
    ['tls-cert-file', caFile],
    ['tls-key-file', keyFile],
    ['tls-ca-cert-file', caFile],
  ] as const;
  const rules = [
    ['tls-auth-clients', 'no'],
    ['tls-replication', 'yes'],
  ] as const;
  return { ca: cert, caFile, settings: [...files, ...rules] };
}

/** Settings by which a node listens on `port`, and nowhere else. */
export const listenSettings = (port: number, tls?: NodeTls): readonly (readonly [name: string, value: string])[] =>
  tls ? [['port', '0'], ['tls-port', String(port)], ...tls.settings] : [['port', String(port)]];

/** Settings as arguments of a command line. */
export const asArguments = (settings: readonly (readonly [name: string, value: string])[]): string[] =>
  settings.flatMap(([name, value]) => [`--${name}`, value]);

/** One redis-server process among several (of a cluster, or under Sentinel), on loopback. */
export class RedisNode {
  private child: ChildProcess | undefined;

  constructor(
    readonly port: number,
    private readonly directory: string,
    private readonly args: readonly string[],
    private readonly tls?: NodeTls,
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
      ...(this.tls && { tls: { ca: this.tls.ca } }),
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
