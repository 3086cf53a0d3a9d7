import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './ports.js';
import { asArguments, listenSettings, nodeTls, RedisNode, type NodeTls } from './redis-node.js';

const NAME = 'mymaster';
const SENTINELS = 3;
const QUORUM = 2;

export interface RedisSentinelOptions {
  /** Default 1. */
  readonly replicas?: number;
  /** Keep an append-only file, synced always; default true. */
  readonly durable?: boolean;
  /** A primary that so many replicas have not followed within the last 2 s takes no writes (`min-replicas-to-write`); default 0. */
  readonly minReplicas?: number;
  /** After so long without an answer the primary counts as down; default 500 ms. */
  readonly downAfterMs?: number;
  /** All that servers, Sentinels and clients say is encrypted; default false. */
  readonly tls?: boolean;
}

/** A primary, its replicas and three Sentinels, real processes on free ports. */
export class RedisSentinel {
  private constructor(
    readonly servers: readonly RedisNode[],
    readonly sentinels: readonly RedisNode[],
    private readonly directory: string,
    private readonly tls: NodeTls | undefined,
  ) {}

  static async start(options: RedisSentinelOptions = {}): Promise<RedisSentinel> {
    const { replicas = 1, downAfterMs = 500 } = options;
    const directory = await mkdtemp(join(tmpdir(), 'switchboard-sentinel-'));
    const tls = options.tls ? await nodeTls(directory) : undefined;
    const primary = await (await makeServer(directory, options, tls)).start();
    const followers = await Promise.all(
      Array.from({ length: replicas }, async () => (await makeServer(directory, options, tls, primary.port)).start()),
    );
    await eventually(async () => {
      const links = await Promise.all(followers.map((node) => node.text('INFO', 'replication')));
      if (!links.every((link) => link.includes('master_link_status:up'))) throw new Error('a replica has no link');
    });
    const sentinels = await Promise.all(
      Array.from({ length: SENTINELS }, () => makeSentinel(directory, primary.port, downAfterMs, tls)),
    );
    const started = new RedisSentinel([primary, ...followers], sentinels, directory, tls);
    await started.acquainted(replicas);
    return started;
  }

  /** For REDIS_URL. */
  get url(): string {
    return `redis${this.tls ? 's' : ''}+sentinel://${this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`;
  }

  /** Of the certificate that clients must trust. */
  get caFile(): string | undefined {
    return this.tls?.caFile;
  }

  /** The one that most Sentinels call primary. */
  async primary(): Promise<RedisNode> {
    const votes = await Promise.all(this.sentinels.map((sentinel) => named(sentinel).catch(() => 0)));
    const port = votes.find((vote) => votes.filter((other) => other === vote).length >= QUORUM);
    const node = this.servers.find((server) => server.port === port);
    if (!node) throw new Error(`the sentinels name ${votes.join(', ')}`);
    return node;
  }

  /** Lets a replica take over from a primary that lives; resolves once the Sentinels name it. */
  async failover(): Promise<void> {
    const former = await this.primary();
    await eventually(() => this.sentinels[0]!.call('SENTINEL', 'FAILOVER', NAME), { timeoutMs: 10_000 });
    await this.succeeded(former);
  }

  /** Ends the primary as a crash would; returns it, so that it can be `start`ed again (the Sentinels then make it a replica). */
  async killPrimary(): Promise<RedisNode> {
    const node = await this.primary();
    await node.kill();
    return node;
  }

  /** Resolves once another than `former` is primary and can be written to. */
  async succeeded(former: RedisNode): Promise<RedisNode> {
    return eventually(
      async () => {
        const now = await this.primary();
        if (now === former) throw new Error('no failover yet');
        if (!(await now.text('ROLE')).startsWith('master')) throw new Error(`${now.port} is not promoted yet`);
        return now;
      },
      { timeoutMs: 20_000 },
    );
  }

  /** How far the slowest connected replica is behind, bytes. */
  async lag(): Promise<number> {
    const info = await (await this.primary()).text('INFO', 'replication');
    const newest = Number(/master_repl_offset:(\d+)/.exec(info)?.[1]);
    const offsets = [...info.matchAll(/^slave\d+:.*offset=(\d+)/gm)].map(([, offset]) => Number(offset));
    return newest - Math.min(...offsets);
  }

  async flushAll(): Promise<void> {
    await (await this.primary()).call('FLUSHALL');
  }

  async stop(): Promise<void> {
    await Promise.all([...this.sentinels, ...this.servers].map((node) => node.kill()));
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Resolves once each Sentinel knows all replicas and the two others: only then can they vote. */
  private async acquainted(replicas: number): Promise<void> {
    await eventually(
      async () => {
        for (const sentinel of this.sentinels) {
          const lists = [
            await sentinel.call('SENTINEL', 'REPLICAS', NAME),
            await sentinel.call('SENTINEL', 'SENTINELS', NAME),
          ];
          const [known, others] = lists as [unknown[], unknown[]];
          if (known.length < replicas || others.length < SENTINELS - 1) throw new Error('not acquainted');
        }
      },
      { timeoutMs: 20_000 },
    );
  }
}

async function makeServer(
  directory: string,
  options: RedisSentinelOptions,
  tls?: NodeTls,
  primary?: number,
): Promise<RedisNode> {
  const port = await freePort();
  const own = join(directory, String(port));
  await mkdir(own);
  const args = [...asArguments(listenSettings(port, tls)), '--bind', '127.0.0.1', '--save', '', '--dir', own];
  args.push('--appendonly', options.durable === false ? 'no' : 'yes', '--appendfsync', 'always');
  args.push('--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1');
  args.push('--min-replicas-to-write', String(options.minReplicas ?? 0), '--min-replicas-max-lag', '2');
  if (primary !== undefined) args.push('--replicaof', '127.0.0.1', String(primary));
  return new RedisNode(port, own, args, tls);
}

async function makeSentinel(
  directory: string,
  primary: number,
  downAfterMs: number,
  tls?: NodeTls,
): Promise<RedisNode> {
  const port = await freePort();
  const file = join(directory, `sentinel-${port}.conf`);
  const rules = [`down-after-milliseconds ${NAME} ${downAfterMs}`, `failover-timeout ${NAME} 3000`];
  const monitor = `sentinel monitor ${NAME} 127.0.0.1 ${primary} ${QUORUM}`;
  const lines = [
    ...listenSettings(port, tls).map((setting) => setting.join(' ')),
    'bind 127.0.0.1',
    `dir ${directory}`,
    monitor,
    ...rules.map((rule) => `sentinel ${rule}`),
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return new RedisNode(port, directory, [file, '--sentinel'], tls).start();
}

async function named(sentinel: RedisNode): Promise<number> {
  const [, port] = (await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)) as [string, string];
  return Number(port);
}
