import type { Redis } from 'ioredis';
import type { Endpoint } from '#redis';
import { connect, end } from '../connection.js';
import type { Connecting, Listener, ListenerEvents } from '../side.js';
import { keyOf, movedTo, type SlotMap } from './slot-map.js';
import { slotOf } from './slot.js';
import type { Topology } from './topology.js';

/** One connection to a master, and what it listens to there. */
interface Node {
  readonly at: Endpoint;
  readonly client: Redis;
  readonly wanted: Set<string>;
  readonly heard: Set<string>;
}

/**
 * Listens to each of its addresses on the master of that address's slot (SSUBSCRIBE), over one connection to each such master. A node that
 * loses a slot ends the subscriptions of it (`sunsubscribe`): they are made again where the slot is now.
 *
 * It hears as long as it hears its own addresses (`role:id`). One of all (`role:*`) may be on a shard that is away: what was missed on it meanwhile is a
 * gap, told once it hears there again.
 */
export class ClusterListener implements Listener {
  private readonly nodes = new Map<string, Node>();
  private readonly own: readonly string[];
  private canHear = false;
  private complete = false;
  private started = false;
  private stopped = false;

  constructor(
    private readonly addresses: readonly string[],
    private readonly connecting: Connecting,
    private readonly events: ListenerEvents,
    private readonly topology: Topology,
  ) {
    this.own = addresses.filter((address) => !address.endsWith(':*'));
  }

  /** Listens where the map says. */
  adopt(map: SlotMap): void {
    for (const address of this.addresses) {
      const owner = map.ownerOf(slotOf(address));
      if (owner) this.place(address, owner);
    }
    for (const node of this.nodes.values()) this.subscribe(node);
    this.dropUnused();
    this.update();
  }

  ping(): void {
    for (const { client } of this.nodes.values()) if (client.status === 'ready') client.ping().catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.nodes.values()].map(({ client }) => end(client)));
  }

  private place(address: string, owner: Endpoint): void {
    const key = keyOf(owner);
    for (const [other, node] of this.nodes) {
      if (other === key || !node.wanted.delete(address)) continue;
      node.heard.delete(address);
      // A former master that is a replica now would go on hearing what its new master hears.
      if (node.client.status === 'ready') node.client.sunsubscribe(address).catch(() => undefined);
    }
    const node = this.nodes.get(key) ?? this.open(owner);
    node.wanted.add(address);
  }

  private open(at: Endpoint): Node {
    const client = connect({ ...this.connecting, to: at });
    const node: Node = { at, client, wanted: new Set(), heard: new Set() };
    this.nodes.set(keyOf(at), node);
    client.on('smessageBuffer', (channel: Buffer, frame: Buffer) => {
      if (node.wanted.has(channel.toString())) this.events.onFrame(frame);
    });
    client.on('ready', () => this.subscribe(node));
    client.on('close', () => this.lost(node));
    // A slot of it is gone (sunsubscribe), or never was there (MOVED).
    client.on('moved', () => this.lost(node));
    return node;
  }

  private subscribe(node: Node): void {
    if (node.client.status !== 'ready') return;
    for (const address of node.wanted) if (!node.heard.has(address)) void this.listen(node, address);
  }

  private async listen(node: Node, address: string): Promise<void> {
    try {
      await node.client.ssubscribe(address);
      if (node.client.status !== 'ready' || !node.wanted.has(address)) return;
      node.heard.add(address);
      this.update();
    } catch (error) {
      this.refused(node, error as Error);
    }
  }

  private refused(node: Node, error: Error): void {
    if (this.stopped || node.client.status !== 'ready') return;
    const moved = movedTo(error, node.at);
    if (moved) this.topology.map.move(moved.slot, moved.to);
    else this.connecting.onError(error);
    this.topology.stale();
  }

  /** Interleaving: one slot of a node moves → its other subscriptions are still there. They are made again along with it, which changes nothing. */
  private lost(node: Node): void {
    node.heard.clear();
    if (this.stopped) return;
    this.update();
    this.topology.stale();
  }

  private dropUnused(): void {
    for (const [key, { client, wanted }] of this.nodes) {
      if (wanted.size > 0) continue;
      this.nodes.delete(key);
      client.removeAllListeners('close');
      void end(client);
    }
  }

  private update(): void {
    if (this.stopped) return;
    const heard = new Set([...this.nodes.values()].flatMap((node) => [...node.heard]));
    const complete = this.addresses.every((address) => heard.has(address));
    this.started ||= complete;
    const canHear = this.started && this.own.every((address) => heard.has(address));
    const regained = complete && !this.complete && this.canHear;
    this.complete = complete;
    if (complete) this.topology.settled();
    if (canHear !== this.canHear) this.events.onTurned((this.canHear = canHear));
    else if (regained) this.events.onGap();
  }
}
