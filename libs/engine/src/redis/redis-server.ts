import { Cluster, type Redis } from 'ioredis';
import { EngineUnavailableError } from '../port.js';
import { makeClient } from './client.js';
import { toEngineError } from './errors.js';
import { loadScripts, type ScriptName } from './scripts.js';
import { checkServerVersion } from './server-version.js';

/** What a script returns: its strings as Buffers. */
export type Reply = number | Buffer | null | readonly Reply[];
type Argument = string | Buffer | number;
type Command = (...args: readonly (Argument | readonly Argument[])[]) => Promise<Reply>;

/** How long to wait for the first connection (a cluster may announce nodes that nobody reaches), and for the last to close, ms. */
const START_MS = 10_000;
const STOP_MS = 500;
/** At most so often a cluster's map of slots is read because a command failed, ms. */
const REREAD_MS = 200;

/** The connection: runs scripts and commands, and makes every failure an error of the port's. */
export class RedisServer {
  /** Scripts may touch keys of several slots at once. */
  readonly oneSlotPerCall: boolean;
  private client: Redis | Cluster | undefined;
  private commands: Record<string, Command> = {};
  private rereadAt = -Infinity;

  constructor(
    private readonly url: string,
    private readonly onError: (error: Error) => void = () => undefined,
  ) {
    this.oneSlotPerCall = url.startsWith('redis+cluster://');
  }

  async start(): Promise<void> {
    const client = makeClient(this.url);
    let latest: Error | undefined;
    client.on('error', (error: Error) => this.onError((latest = error)));
    for (const [name, lua] of Object.entries(loadScripts())) client.defineCommand(name, { lua });
    try {
      await within(START_MS, client.connect());
      const node = client instanceof Cluster ? (client.nodes('master')[0] as Redis) : client;
      checkServerVersion(await node.info('server'));
    } catch (error) {
      client.disconnect();
      throw toStartError(error, latest);
    }
    // ioredis adds a method per script at run time, which its types can not know.
    this.commands = client as unknown as Record<string, Command>;
    this.client = client;
  }

  /** Cuts the connection; what is under way fails. */
  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (!client) return;
    // Where nothing is open (reconnecting, ended) no 'end' would follow.
    const ended = client.status === 'ready' ? new Promise<void>((done) => client.once('end', () => done())) : undefined;
    client.disconnect();
    if (ended) await within(STOP_MS, ended).catch(() => undefined);
  }

  /** Runs a script in one atomic step. */
  script(name: ScriptName, keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
    return this.call(`${name}Buffer`, keys.length, keys, args);
  }

  /** Runs one command of Redis. */
  call(command: string, ...args: readonly (Argument | readonly Argument[])[]): Promise<Reply> {
    if (!this.client) return Promise.reject(new EngineUnavailableError('The engine is not started.'));
    const run = this.commands[command];
    if (!run) return Promise.reject(new TypeError(`ioredis has no command ${command}.`));
    return run.apply(this.client, args as Argument[]).catch((error: unknown) => {
      const told = toEngineError(error);
      if (told instanceof EngineUnavailableError) this.lookForNodes();
      throw told;
    });
  }

  /** A master is away: a replica may have taken over, of which no redirect tells, since the one who would send it is gone. */
  private lookForNodes(): void {
    const now = performance.now();
    if (!(this.client instanceof Cluster) || now - this.rereadAt < REREAD_MS) return;
    this.rereadAt = now;
    this.client.refreshSlotsCache();
  }
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
