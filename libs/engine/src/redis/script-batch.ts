import type { Argument } from '#redis';
import { Turn } from '../turn.js';
import { toReplyError } from './errors.js';
import { packItems, type Item } from './pack-items.js';
import type { RedisServer, Reply } from './redis-server.js';
import type { ScriptName } from './scripts.js';
import { unpackReply } from './unpack-reply.js';

/** Runs in one script call on a single server, as a rule: it blocks the server for about 1 ms. */
const PER_CALL = 64;

interface Waiting {
  readonly keys: () => readonly string[];
  readonly items: readonly Item[];
  readonly resolve: (reply: readonly Reply[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Runs of a script (with lua/each.lua) for a user or reader each, gathered over one turn of the event loop: one call for many, on a cluster one each. */
export class ScriptBatch {
  private readonly turn = new Turn<Waiting>((waiting) => this.flush(waiting));

  /** @param common arguments before the items of the runs. @param perCall runs in one call at most, on a single server. */
  constructor(
    private readonly server: RedisServer,
    private readonly script: ScriptName,
    private readonly common: readonly Argument[],
    private readonly perCall = PER_CALL,
  ) {}

  /**
   * The reply of this run, in the order of the calls; fails as it would alone.
   * @param keys all that it may touch: only a cluster has to be told.
   * @param items what the script takes for it.
   */
  of(keys: () => readonly string[], items: readonly Item[]): Promise<readonly Reply[]> {
    return new Promise((resolve, reject) => this.turn.add({ keys, items, resolve, reject }));
  }

  private flush(waiting: readonly Waiting[]): void {
    const size = this.server.oneSlotPerCall ? 1 : this.perCall;
    for (let i = 0; i < waiting.length; i += size) void this.send(waiting.slice(i, i + size));
  }

  private async send(some: readonly Waiting[]): Promise<void> {
    try {
      const [first] = some as readonly [Waiting];
      const keys = this.server.told(first.keys);
      const all: Item[] = [];
      for (const { items } of some) all.push(...items);
      const args = [...this.common, packItems(all)];
      const reply = await this.server.script(this.script, keys, args);
      // Pages have bodies in them: lua/read.lua does not pack them.
      settle(some, Buffer.isBuffer(reply) ? unpackReply(reply) : (reply as readonly Reply[]));
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}

/** A text in place of a reply is the error of that run. */
function settle(some: readonly Waiting[], replies: readonly Reply[]): void {
  some.forEach(({ resolve, reject }, i) => {
    const reply = replies[i];
    if (Array.isArray(reply)) resolve(reply as readonly Reply[]);
    else reject(toReplyError(String(reply)));
  });
}
