import type { RedisNode } from './redis-node.js';

const KEYS_PER_CALL = 100;

/** One slot on its way from one node to another. */
export class SlotMigration {
  private constructor(
    private readonly slot: number,
    private readonly source: RedisNode,
    private readonly target: RedisNode,
    private readonly leaders: () => Promise<readonly RedisNode[]>,
  ) {}

  static async begin(
    slot: number,
    source: RedisNode,
    target: RedisNode,
    leaders: () => Promise<readonly RedisNode[]>,
  ): Promise<SlotMigration> {
    const [from, to] = [await source.text('CLUSTER', 'MYID'), await target.text('CLUSTER', 'MYID')];
    if (from !== to) {
      await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from);
      await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to);
    }
    return new SlotMigration(slot, source, target, leaders);
  }

  /** Moves these keys, or all that the slot has. */
  async moveKeys(keys?: readonly string[]): Promise<void> {
    if (this.source === this.target) return;
    if (keys) return this.move(keys);
    for (;;) {
      const some = (await this.source.call('CLUSTER', 'GETKEYSINSLOT', this.slot, KEYS_PER_CALL)) as string[];
      if (some.length === 0) return;
      await this.move(some);
    }
  }

  /** From now on the slot is the target's: first there, so that it is never nobody's. */
  async finish(): Promise<void> {
    const to = await this.target.text('CLUSTER', 'MYID');
    const others = (await this.leaders()).filter((node) => node !== this.target && node !== this.source);
    for (const node of [this.target, this.source, ...others]) {
      await node.call('CLUSTER', 'SETSLOT', this.slot, 'NODE', to);
    }
  }

  private async move(keys: readonly string[]): Promise<void> {
    await this.source.call('MIGRATE', '127.0.0.1', this.target.port, '', 0, 5_000, 'KEYS', ...keys);
  }
}
