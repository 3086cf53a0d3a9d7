import type { Redis } from 'ioredis';
import { UnhurriedReading } from '#net';
import { PlainCommand, type Endpoint } from '#redis';
import { connect, end } from '../connection.js';
import { corkThisCallback } from '../cork.js';
import type { Connecting, Published, Publisher, PublisherEvents } from '../side.js';
import { keyOf, movedTo, type SlotMap } from './slot-map.js';
import { slotOf } from './slot.js';
import { Topology } from './topology.js';

interface Node {
  readonly at: Endpoint;
  readonly client: Redis;
  readonly answers: UnhurriedReading;
}

/**
 * A connection to each master; an address is a sharded channel, published on the master of its slot (SPUBLISH). Redirects are not followed: a frame sent
 * again after a redirect would come after a later one that went the right way at once. What was redirected has failed, and is the carrier's gap.
 *
 * It can send as long as some master is there: what is for the shard of another fails.
 */
export class ClusterPublisher implements Publisher {
  readonly topology: Topology;
  private readonly nodes = new Map<string, Node>();
  private readonly slots = new Map<string, number>();
  private canSend = false;
  private stopped = false;

  constructor(
    private readonly seeds: readonly Endpoint[],
    private readonly connecting: Connecting,
    private readonly events: PublisherEvents,
    onRead: (map: SlotMap) => void,
  ) {
    this.topology = new Topology({
      ask: () => this.anyone(),
      onRead: (map) => {
        this.adopt(map);
        onRead(map);
      },
    });
    for (const seed of seeds) this.open(seed);
  }

  publish(address: string, frame: Buffer, done: Published): void {
    const slot = this.slotOf(address);
    const owner = this.topology.map.ownerOf(slot);
    const node = owner && this.nodes.get(keyOf(owner));
    if (node?.client.status !== 'ready') return done(new Error('The shard is away'));
    corkThisCallback(node.client.stream);
    const command = new PlainCommand('spublish', [address, frame], (error, receivers) => {
      if (error) this.failed(error, node);
      done(error, receivers as number | undefined);
    });
    void node.client.sendCommand(command);
    node.answers.defer(node.client.stream);
  }

  ping(): void {
    for (const { client } of this.nodes.values()) if (client.status === 'ready') client.ping().catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.topology.stop();
    await Promise.all([...this.nodes.values()].map(({ client }) => end(client)));
  }

  private failed(error: Error, node: Node): void {
    const moved = movedTo(error, node.at);
    if (moved) {
      this.topology.map.move(moved.slot, moved.to);
      this.open(moved.to);
      this.events.onGap();
    }
    this.topology.stale();
    this.update();
  }

  /** Addresses are as many as instances. */
  private slotOf(address: string): number {
    let slot = this.slots.get(address);
    if (slot === undefined) this.slots.set(address, (slot = slotOf(address)));
    return slot;
  }

  /** Where nobody is left of those it knew, those it was told of in the beginning may know more. */
  private anyone(): { readonly node: Redis; readonly at: Endpoint } | undefined {
    for (const { client, at } of this.nodes.values()) if (client.status === 'ready') return { node: client, at };
    for (const seed of this.seeds) this.open(seed);
    return undefined;
  }

  private adopt({ masters }: SlotMap): void {
    const wanted = new Set(masters.map(keyOf));
    for (const master of masters) this.open(master);
    for (const [key, { client }] of this.nodes) {
      if (wanted.has(key) || wanted.size === 0) continue;
      this.nodes.delete(key);
      client.removeAllListeners('close');
      void end(client);
    }
    this.update();
  }

  private open(at: Endpoint): void {
    if (this.nodes.has(keyOf(at)) || this.stopped) return;
    const client = connect({ ...this.connecting, to: at });
    this.nodes.set(keyOf(at), { at, client, answers: new UnhurriedReading() });
    client.on('ready', () => this.turned());
    client.on('close', () => this.turned());
  }

  private turned(): void {
    if (this.stopped) return;
    this.topology.stale();
    this.update();
  }

  private update(): void {
    const ready = this.topology.map.masters.some((at) => this.nodes.get(keyOf(at))?.client.status === 'ready');
    if (ready === this.canSend || this.stopped) return;
    this.canSend = ready;
    this.events.onTurned(ready);
  }
}
