import { Inject, Injectable } from '@nestjs/common';
import { ActorSystem } from '#actor';
import type { MeshNode, MeshStats } from '#mesh';
import { MESH } from '../tokens.js';
import { Metrics } from './metrics.js';
import { Numbers } from './numbers.js';
import { Stats } from './stats.js';

type Count = Exclude<keyof MeshStats, 'pending' | 'lateness'>;

const MESH_COUNTS: Readonly<Record<Count, string>> = {
  packetsSent: 'Packets sent',
  packetsReceived: 'Packets received',
  framesSent: 'Frames sent: all packets for one address in one turn',
  framesReceived: 'Frames received',
  bytesSent: 'Bytes of frames sent',
  bytesReceived: 'Bytes of frames received',
  asks: 'Asks sent',
  replies: 'Replies received',
  timeouts: 'Asks not answered in time',
  failures: 'Asks that failed otherwise',
  resent: 'Asks sent again, to a new owner or after a gap of the carrier',
  undeliverable: 'Frames that nobody listened for',
  poison: 'Frames received that were none of ours',
  unhandled: 'Packets for patterns that nobody handles here',
};

/** What mesh and actors count, in every app. */
@Injectable()
export class InfrastructureNumbers {
  constructor(
    stats: Stats,
    metrics: Metrics,
    @Inject(MESH) private readonly node: MeshNode,
    private readonly system: ActorSystem,
  ) {
    this.mesh(new Numbers('mesh', stats, metrics));
    this.actors(new Numbers('actors', stats, metrics));
  }

  private mesh(numbers: Numbers): void {
    for (const name of Object.keys(MESH_COUNTS) as Count[])
      numbers.counter(name, MESH_COUNTS[name], () => this.node.stats()[name]);
    numbers.gauge('pending', 'Asks that wait for an answer', () => this.node.stats().pending);
    numbers.gauge('meanLatenessMs', 'From queueing a packet to sending it', () => this.node.stats().lateness.meanMs);
  }

  private actors(numbers: Numbers): void {
    numbers.gauge('spawned', 'Actors without a parent', () => this.system.stats().spawned);
    numbers.gauge('virtual', 'Active virtual actors', () =>
      Object.values(this.system.stats().virtual).reduce((sum, size) => sum + size, 0),
    );
    numbers.gauge('runnable', 'Actors with messages to handle', () => this.system.stats().runnable);
    numbers.counter('deadLetters', 'Messages to actors that were gone', () => this.system.stats().deadLetters);
  }
}
