import { Cluster, Command, Redis } from 'ioredis';
import { parseTarget, type Argument } from '#redis';
import { EngineUnavailableError } from '../port.js';
import { COMMAND_TIMEOUT_MS, makeClient } from './client.js';
import { Corker } from './corker.js';
import { toEngineError } from './errors.js';
import { loadScripts, type ScriptName } from './scripts.js';
import { checkServerVersion } from './server-version.js';
import { Call, Unanswered } from './unanswered.js';

/** What a script returns: its strings as Buffers; of a packed reply as strings, and false for null (unpack-reply.ts). */
export type Reply = number | Buffer | string | false | null | readonly Reply[];
type Run = (...args: readonly (Argument | readonly Argument[])[]) => Promise<Reply>;

/** How long to wait for the first connection (a cluster may announce nodes that nobody reaches), and for the last to close, ms. */
const START_MS = 10_000;
const STOP_MS = 500;
/** At most so often a cluster's map of slots is read because a command failed, ms. */
const REREAD_MS = 200;
/** How long replicas have to confirm what was appended, ms: less than a command may take. */
const WAIT_MS = 1_000;

/** The connection: runs scripts and commands, and makes every failure an error of the port's. */
export class RedisServer {
  /** Scripts may touch keys of several slots at once. */
  readonly oneSlotPerCall: boolean;
  private client: Redis | Cluster | undefined;
  private commands: Record<string, Run> = {};
  private rereadAt = -Infinity;
  private readonly corker = new Corker();
  private readonly scripts = loadScripts();
  private readonly unanswered = new Unanswered(COMMAND_TIMEOUT_MS, () => this.dropSilent());
  /** Counts connections that ended. */
  private losses = 0;

  constructor(
    private readonly url: string,
    private readonly onError: (error: Error) => void = () => undefined,
    private readonly waitReplicas = 0,
  ) {
    this.oneSlotPerCall = parseTarget(url).kind === 'cluster';
  }

  async start(): Promise<void> {
    const client = makeClient(this.url);
    let latest: Error | undefined;
    client.on('error', (error: Error) => this.onError((latest = error)));
    if (this.waitReplicas > 0) this.countLosses(client);
    try {
      await within(START_MS, client.connect());
      const node = client instanceof Cluster ? await connected(client) : client;
      checkServerVersion(await node.info('server'));
    } catch (error) {
      client.disconnect();
      throw toStartError(error, latest);
    }
    // Methods by name, which its types do not have.
    this.commands = client as unknown as Record<string, Run>;
    this.client = client;
    this.unanswered.start();
  }

  /** Cuts the connection; what is under way fails. */
  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.unanswered.stop();
    if (!client) return;
    // Where nothing is open (reconnecting, ended) no 'end' would follow.
    const ended = client.status === 'ready' ? new Promise<void>((done) => client.once('end', () => done())) : undefined;
    client.disconnect();
    if (ended) await within(STOP_MS, ended).catch(() => undefined);
  }

  /** A script may publish what it has stored: all who listen hear of it, and it lasts no less for it. */
  get publishes(): boolean {
    return !this.oneSlotPerCall && this.waitReplicas === 0;
  }

  /** For a script that makes its keys itself: only a cluster has to be told them. */
  told(keys: () => readonly string[]): readonly string[] {
    return this.oneSlotPerCall ? keys() : [];
  }

  /** Runs a script in one atomic step. */
  script(name: ScriptName, keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
    const { client } = this;
    if (!client) return Promise.reject(notStarted());
    if (client instanceof Redis) this.corker.cork(client.stream);
    return new Promise((resolve, reject) => {
      const call = new Call(() => reject(this.failure(new Error('It did not answer in time.'))));
      this.unanswered.add(call);
      this.scripts[name].run(client, keys, args, (error, reply) => {
        this.unanswered.remove(call);
        if (error) reject(this.failure(error));
        else resolve(reply as Reply);
      });
    });
  }

  /**
   * As `script`, and resolves only once as many replicas as it is to wait for have it too. Rejects where they have not: it is carried out, and may
   * or may not outlive a failover. Holds also for what an earlier call stored that this one only found.
   *
   * Interleaving: the script is answered → the primary fails → WAIT goes to its successor, which has nothing to wait for. So a connection
   * that was lost in between fails the call.
   */
  async replicated(name: ScriptName, keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
    if (this.waitReplicas === 0) return this.script(name, keys, args);
    const { losses } = this;
    const reply = await this.script(name, keys, args);
    const confirmed = await this.wait(keys[0] ?? '').catch((error: unknown) => {
      throw toEngineError(error);
    });
    if (losses !== this.losses)
      throw new EngineUnavailableError('The connection was lost before replicas had confirmed.');
    if (confirmed >= this.waitReplicas) return reply;
    throw new EngineUnavailableError(
      `Stored, but ${confirmed} replicas of ${this.waitReplicas} have confirmed it in time.`,
    );
  }

  /** Runs one command of Redis. */
  call(command: string, ...args: readonly (Argument | readonly Argument[])[]): Promise<Reply> {
    if (!this.client) return Promise.reject(notStarted());
    const run = this.commands[command];
    if (!run) return Promise.reject(new TypeError(`ioredis has no command ${command}.`));
    if (this.client instanceof Redis) this.corker.cork(this.client.stream);
    return run.apply(this.client, args as Argument[]).catch((error: unknown) => {
      throw this.failure(error);
    });
  }

  /** What a caller is told of a failure. */
  private failure(error: unknown): Error {
    const told = toEngineError(error);
    if (told instanceof EngineUnavailableError) this.lookForNodes();
    return told;
  }

  /** Frozen, or the cable is cut: the connection goes, and with it what would pile up on it. A cluster's nodes each see to that themselves (client.ts). */
  private dropSilent(): void {
    if (this.client instanceof Redis) this.client.stream?.destroy(new Error('Redis has been silent for too long.'));
  }

  private wait(key: string): Promise<number> {
    const { client } = this;
    const node = client instanceof Cluster ? masterOf(client, key) : client;
    if (!node) return Promise.reject(new EngineUnavailableError('The master of the key is away.'));
    return node.wait(this.waitReplicas, WAIT_MS);
  }

  private countLosses(client: Redis | Cluster): void {
    const lost = () => void this.losses++;
    if (client instanceof Cluster) client.on('+node', (node: Redis) => node.on('close', lost));
    else client.on('close', lost);
  }

  /** A master is away: a replica may have taken over, of which no redirect tells, since the one who would send it is gone. */
  private lookForNodes(): void {
    const now = performance.now();
    const { client } = this;
    if (!(client instanceof Cluster) || client.status !== 'ready' || now - this.rereadAt < REREAD_MS) return;
    this.rereadAt = now;
    client.refreshSlotsCache();
  }
}

const notStarted = (): Error => new EngineUnavailableError('The engine is not started.');

/** Some master, once all that are there are connected: what is sent while a connection is being opened would fail. */
async function connected(cluster: Cluster): Promise<Redis> {
  const masters = cluster.nodes('master');
  const answers = await Promise.allSettled(masters.map((node) => node.ping()));
  return masters.find((_, i) => answers[i]?.status === 'fulfilled') ?? (masters[0] as Redis);
}

function masterOf(cluster: Cluster, key: string): Redis | undefined {
  const slot = new Command('exists', [key]).getSlot();
  const owner = slot === null ? undefined : cluster.slots[slot]?.[0];
  return cluster.nodes('master').find(({ options: { host, port } }) => `${host}:${port}` === owner);
}

function toStartError(error: unknown, latest: Error | undefined): Error {
  const told = toEngineError(error);
  // "Connection is closed." says less than why it was: the error before it.
  return told instanceof EngineUnavailableError && latest ? toEngineError(latest) : told;
}

/** `promise`, or an `EngineUnavailableError` if it takes longer than `ms`. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new EngineUnavailableError(`Redis did not answer within ${ms} ms.`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
