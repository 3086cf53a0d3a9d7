import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './ports.js';
import { asArguments, listenSettings, nodeTls, RedisNode, type NodeTls } from './redis-node.js';
import { SlotMigration } from './slot-migration.js';

const SLOTS = 16_384;

export interface RedisClusterOptions {
  /** Default 3. */
  readonly masters?: number;
  /** Of each master; default 0: what a lost master held is away until it is restarted. */
  readonly replicas?: number;
  /** Keep an append-only file, synced always; default true. */
  readonly durable?: boolean;
  /** After so long without an answer a node counts as lost, and a replica stands for election; default 1,000 ms. */
  readonly nodeTimeoutMs?: number;
  /** All that nodes and clients say is encrypted; default false. */
  readonly tls?: boolean;
}

/**
 * A Redis Cluster of real processes on free ports. Shards are numbered from 0; a shard is its first master and that one's replicas,
 * whichever of them leads. While a shard is away the others go on (`cluster-require-full-coverage no`).
 */
export class RedisCluster {
  private constructor(
    private readonly shards: readonly (readonly RedisNode[])[],
    private readonly directory: string,
    private readonly tls: NodeTls | undefined,
  ) {}

  static async start(options: RedisClusterOptions = {}): Promise<RedisCluster> {
    const { masters = 3, replicas = 0 } = options;
    const directory = await mkdtemp(join(tmpdir(), 'switchboard-cluster-'));
    const tls = options.tls ? await nodeTls(directory) : undefined;
    const shards = await Promise.all(
      Array.from({ length: masters }, () =>
        Promise.all(Array.from({ length: 1 + replicas }, () => makeNode(directory, options, tls))),
      ),
    );
    const cluster = new RedisCluster(shards, directory, tls);
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await cluster.form();
    return cluster;
  }

  /** For REDIS_URL: all nodes, so that any of them may be away. */
  get url(): string {
    return `redis${this.tls ? 's' : ''}+cluster://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  /** Of the certificate that clients must trust. */
  get caFile(): string | undefined {
    return this.tls?.caFile;
  }

  get nodes(): readonly RedisNode[] {
    return this.shards.flat();
  }

  /** The node that leads shard `n` now. */
  async master(n: number): Promise<RedisNode> {
    for (const node of this.shards[n] ?? []) {
      if (!node.running) continue;
      const role = await node.text('ROLE').catch(() => '');
      if (role.startsWith('master') && (await slotsOf(node)) > 0) return node;
    }
    throw new Error(`shard ${n} has no master`);
  }

  /** The number of the shard that `key` (or channel) belongs to. */
  async shardOf(key: string): Promise<number> {
    const owner = await this.ownerOf(await this.slotOf(key));
    return this.shards.findIndex((nodes) => nodes.includes(owner));
  }

  /** Ends the node that leads shard `n`; returns it, so that it can be `start`ed again. Does not wait for a replica to take over. */
  async killMaster(n: number): Promise<RedisNode> {
    const node = await this.master(n);
    await node.kill();
    return node;
  }

  /** Resolves once another than `former` leads shard `n`. */
  async succeeded(n: number, former: RedisNode): Promise<RedisNode> {
    return eventually(
      async () => {
        const now = await this.master(n);
        if (now === former) throw new Error(`nobody has taken over shard ${n} yet`);
        return now;
      },
      { timeoutMs: 20_000 },
    );
  }

  /** Freezes the node that leads shard `n`, for `resume`. */
  async pauseMaster(n: number): Promise<RedisNode> {
    const node = await this.master(n);
    node.pause();
    return node;
  }

  /** Starts what does not run of shard `n`; resolves once all nodes find the whole cluster in order. */
  async restart(n: number): Promise<void> {
    const ended = (this.shards[n] ?? []).filter((node) => !node.running);
    await Promise.all(ended.map((node) => node.start()));
    await this.whole();
  }

  /** A replica of shard `n` takes over while its master lives, losing nothing. */
  async failover(n: number): Promise<void> {
    const master = await this.master(n);
    const replica = this.shards[n]?.find((node) => node !== master && node.running);
    if (!replica) throw new Error(`shard ${n} has no replica`);
    await linked(replica);
    await this.acknowledged(replica, master);
    await replica.call('CLUSTER', 'FAILOVER');
    await this.succeeded(n, master);
    await this.whole();
  }

  /** Moves slots with their keys to shard `to`, in the steps that redis-cli takes. */
  async migrateSlots(slots: readonly number[], to: number): Promise<void> {
    for (const slot of slots) {
      const migration = await this.beginMigration(slot, to);
      await migration.moveKeys();
      await migration.finish();
    }
  }

  /** Leaves the slot between two nodes: keys that are gone are asked for there (ASK), calls on several keys may fail (TRYAGAIN). */
  async beginMigration(slot: number, to: number): Promise<SlotMigration> {
    const [source, target] = [await this.ownerOf(slot), await this.master(to)];
    return SlotMigration.begin(slot, source, target, () => this.leaders());
  }

  async flushAll(): Promise<void> {
    await Promise.all((await this.leaders()).map((node) => node.call('FLUSHALL')));
  }

  /** One command about `key`, sent to the node that has it. */
  async call(key: string, command: string, ...args: readonly (string | number)[]): Promise<unknown> {
    return (await this.ownerOf(await this.slotOf(key))).call(command, ...args);
  }

  async slotOf(key: string): Promise<number> {
    const [any] = await this.leaders();
    return Number(await any?.call('CLUSTER', 'KEYSLOT', key));
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Resolves once every running node finds all slots served. */
  async whole(): Promise<void> {
    const all = this.nodes.filter(({ running }) => running);
    await eventually(
      async () => {
        for (const node of all) {
          const info = await node.text('CLUSTER', 'INFO');
          if (!/cluster_state:ok[^]*cluster_slots_ok:16384/.test(info)) throw new Error(`${node.port}: ${info}`);
        }
      },
      { timeoutMs: 20_000 },
    );
  }

  /** Resolves once all nodes know the same owners of slots: a replica that has not heard of a slot's move yet would take over without it. */
  async agreed(): Promise<void> {
    const all = this.nodes.filter(({ running }) => running);
    await eventually(
      async () => {
        const views = await Promise.all(all.map(async (node) => ownersOf(await node.text('CLUSTER', 'NODES'))));
        if (new Set(views).size > 1) throw new Error(`the nodes do not agree:\n${views.join('\n\n')}`);
      },
      { timeoutMs: 20_000 },
    );
  }

  /** Only then do the others vote for the replica. */
  private async acknowledged(replica: RedisNode, master: RedisNode): Promise<void> {
    const [id, of] = [await replica.text('CLUSTER', 'MYID'), await master.text('CLUSTER', 'MYID')];
    const known = new RegExp(`${id} [^ ]+ [^ ]*slave ${of} `);
    await eventually(async () => {
      for (const node of await this.leaders()) {
        if (!known.test(await node.text('CLUSTER', 'NODES'))) throw new Error(`${node.port} does not know the replica`);
      }
    });
  }

  private async leaders(): Promise<RedisNode[]> {
    const found = await Promise.all(this.shards.map((_, n) => this.master(n).catch(() => undefined)));
    return found.filter((node) => node !== undefined);
  }

  private async ownerOf(slot: number): Promise<RedisNode> {
    for (const asked of await this.leaders()) {
      const ranges = (await asked.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
      const port = ranges.find(([first, last]) => first <= slot && slot <= last)?.[2][1];
      const owner = this.nodes.find((node) => node.port === port);
      if (owner) return owner;
    }
    throw new Error(`nobody serves slot ${slot}`);
  }

  private async form(): Promise<void> {
    const first = this.nodes[0] as RedisNode;
    await Promise.all(this.shards.map(([master], n) => assign(master as RedisNode, n, this.shards.length)));
    const bus = /@(\d+)/.exec(await first.text('CLUSTER', 'NODES'))?.[1] ?? '';
    for (const node of this.nodes.slice(1)) await node.call('CLUSTER', 'MEET', '127.0.0.1', first.port, bus);
    await this.whole();
    for (const [master, ...replicas] of this.shards) {
      const id = await (master as RedisNode).text('CLUSTER', 'MYID');
      for (const replica of replicas) await replicate(replica, id);
    }
  }
}

async function makeNode(directory: string, options: RedisClusterOptions, tls?: NodeTls): Promise<RedisNode> {
  const { durable = true, nodeTimeoutMs = 1_000 } = options;
  // The bus would listen on port + 10,000, which may be too high or taken.
  const [port, bus] = [await freePort(), await freePort()];
  const own = join(directory, String(port));
  await mkdir(own);
  const args = [...asArguments(listenSettings(port, tls)), '--bind', '127.0.0.1', '--save', '', '--dir', own];
  if (tls) args.push('--tls-cluster', 'yes');
  args.push('--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-announce-ip', '127.0.0.1');
  args.push('--cluster-node-timeout', String(nodeTimeoutMs), '--cluster-require-full-coverage', 'no');
  args.push('--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0');
  args.push('--appendonly', durable ? 'yes' : 'no', '--appendfsync', 'always');
  return new RedisNode(port, own, args, tls);
}

/** The n-th of `count` equal parts of the slots. */
async function assign(master: RedisNode, n: number, count: number): Promise<void> {
  const [from, to] = [n, n + 1].map((i) => Math.floor((i * SLOTS) / count)) as [number, number];
  // Equal epochs would have to be told apart by the nodes themselves, which takes them a while.
  await master.call('CLUSTER', 'SET-CONFIG-EPOCH', n + 1);
  await master.call('CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
}

/** The replica has to have heard of its master first. */
async function replicate(replica: RedisNode, master: string): Promise<void> {
  await eventually(() => replica.call('CLUSTER', 'REPLICATE', master));
  await linked(replica);
}

async function linked(replica: RedisNode): Promise<void> {
  await eventually(async () => {
    if (!(await replica.text('INFO', 'replication')).includes('master_link_status:up')) throw new Error('no link');
  });
}

async function slotsOf(node: RedisNode): Promise<number> {
  const mine = /myself.*/.exec(await node.text('CLUSTER', 'NODES'))?.[0] ?? '';
  // flags, its master, ping, pong, epoch, link, slots…
  return mine.split(' ').slice(6).length;
}

/** Who has which slots, of what `CLUSTER NODES` says; slots that are being moved are left out. */
function ownersOf(nodes: string): string {
  const owners = nodes.split('\n').flatMap((line) => {
    // id, address, flags, its master, ping, pong, epoch, link, slots…
    const fields = line.trim().split(' ');
    const slots = fields.slice(8).filter((slot) => !slot.startsWith('['));
    return slots.length > 0 ? [[fields[0], ...slots].join(' ')] : [];
  });
  return owners.sort().join('\n');
}
