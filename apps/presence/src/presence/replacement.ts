import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY, ROLE, type CloseNotice } from '#contract';
import type { Connection } from '#engine';
import { instance, type Mesh } from '#mesh';
import { CLOSE } from '#protocol';
import { MESH } from '#service';
import { PresenceStats } from '../presence-stats.js';

/** Closes the connections whose place a newer one has taken (PROTOCOL.md §4.8), on whichever gateways they are. */
@Injectable()
export class Replacement {
  constructor(
    @Inject(MESH) private readonly mesh: Mesh,
    private readonly stats: PresenceStats,
  ) {}

  close(connections: readonly Connection[]): void {
    for (const { connectionId, gatewayId } of connections) {
      const notice: CloseNotice = { connectionId, code: CLOSE.replaced, reason: 'replaced by a newer connection' };
      this.mesh.tell(instance(ROLE.gateway, gatewayId), GATEWAY.close, notice);
      this.stats.replaced += 1;
    }
  }
}
