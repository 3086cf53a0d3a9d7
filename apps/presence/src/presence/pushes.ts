import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY, ROLE, type PresenceNotice } from '#contract';
import type { GatewayProcess } from '#engine';
import { instance, type Mesh } from '#mesh';
import { MESH } from '#service';
import { PresenceStats } from '../presence-stats.js';
import { Glances } from './glances.js';

/**
 * Tells the gateways that watch a user. They are asked for anew each time, in one step with the change of which they are told or after it: a
 * gateway is recorded as watching before it is answered with a status, so it either is among them or has been answered with the change.
 */
@Injectable()
export class Pushes {
  constructor(
    private readonly glances: Glances,
    @Inject(MESH) private readonly mesh: Mesh,
    private readonly stats: PresenceStats,
  ) {}

  /** Rejects, having told nobody, while the engine is away. `known`: the watchers, where the engine said them with the change. */
  async push(notice: PresenceNotice, known?: readonly GatewayProcess[]): Promise<void> {
    const watchers = known ?? (await this.glances.watchers(notice.userId));
    // A gateway that was started again is among them twice for a while; it is told once.
    for (const gatewayId of new Set(watchers.map((watcher) => watcher.gatewayId)))
      if (this.mesh.tell(instance(ROLE.gateway, gatewayId), GATEWAY.presence, notice)) this.stats.pushes += 1;
  }
}
