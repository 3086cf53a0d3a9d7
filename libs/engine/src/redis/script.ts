import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { PlainCommand, type Answered, type Argument } from '#redis';

/** A script: sent whole the first time on a connection, by its digest from then on. */
export class Script {
  readonly digest: string;
  private readonly loaded = new WeakSet<object>();

  constructor(readonly lua: string) {
    this.digest = createHash('sha1').update(lua).digest('hex');
  }

  /** Runs it in one atomic step. The server may have forgotten it: it is told once more. */
  run(client: Redis | Cluster, keys: readonly string[], args: readonly Argument[], answered: Answered): void {
    const all = [this.digest, keys.length, ...keys, ...args];
    const command = new ScriptCommand(this, all, (error, reply) => {
      if (!error?.message.startsWith('NOSCRIPT')) return answered(error, reply);
      this.loaded.delete(command.socket);
      void client.sendCommand(new ScriptCommand(this, all, answered));
    });
    void client.sendCommand(command);
  }

  /** Whether it was sent on that connection before; from here on it was. */
  wasSentOn(socket: object): boolean {
    const was = this.loaded.has(socket);
    this.loaded.add(socket);
    return was;
  }
}

class ScriptCommand extends PlainCommand {
  /** It was sent on this last. */
  socket: object = this;

  constructor(
    private readonly script: Script,
    args: readonly Argument[],
    answered: Answered,
  ) {
    super('evalsha', args, answered);
  }

  /** Called for each connection that it is sent on: on a cluster, of each node that it is redirected to. */
  override toWritable(socket: object): Buffer {
    const { lua, digest } = this.script;
    const sent = this.script.wasSentOn(socket);
    this.socket = socket;
    this.name = sent ? 'evalsha' : 'eval';
    this.args[0] = sent ? digest : lua;
    return super.toWritable(socket);
  }
}
