import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY, ROLE, type DeliverNotice } from '#contract';
import { instance, type Mesh } from '#mesh';
import { MESH } from '#service';
import { RouterStats } from '../router-stats.js';
import { gatewaysOf } from './settle.js';

/** Sends live messages to where their recipients are connected: one packet a gateway, at most once (the log has what is stored). */
@Injectable()
export class Delivery {
  constructor(
    @Inject(MESH) private readonly mesh: Mesh,
    private readonly stats: RouterStats,
  ) {}

  deliver(notice: DeliverNotice, connections: readonly { readonly gatewayId: string }[]): void {
    if (notice.entries.length === 0) return;
    for (const gatewayId of gatewaysOf(connections))
      if (this.mesh.tell(instance(ROLE.gateway, gatewayId), GATEWAY.deliver, notice)) this.stats.delivered += 1;
  }
}
