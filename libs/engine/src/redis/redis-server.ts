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

/** The connection: runs scripts and commands, and makes every failure an error of the port's. */
export class RedisServer {
  /** Scripts may touch keys of several slots at once. */
  readonly oneSlotPerCall: boolean;
  private client: Redis | Cluster | undefined;
  private commands: Record<string, Command> = {};

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
      await client.connect();
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

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (!client || client.status === 'end') return;
    if (client.status === 'reconnecting') return client.disconnect(); // Nothing is open: no 'end' would follow.
    const ended = new Promise<void>((done) => client.once('end', () => done()));
    client.disconnect();
    await ended;
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
      throw toEngineError(error);
    });
  }
}

function toStartError(error: unknown, latest: Error | undefined): Error {
  const told = toEngineError(error);
  // "Connection is closed." says less than why it was: the error before it.
  return told instanceof EngineUnavailableError && latest ? toEngineError(latest) : told;
}
