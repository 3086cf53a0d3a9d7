import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY, ROLE, type CloseNotice } from '#contract';
import type { Connection } from '#engine';
import { instance, type AskOptions, type Mesh } from '#mesh';
import { CLOSE } from '#protocol';
import { MESH } from '#service';
import { PresenceStats } from '../presence-stats.js';

/** How long a registration waits for the gateway of its predecessor. */
const REPLACE: AskOptions = { timeoutMs: 1_000 };

/** Closes the connections whose place a newer one has taken (PROTOCOL.md §4.8), on whichever gateways they are. */
@Injectable()
export class Replacement {
  constructor(
    @Inject(MESH) private readonly mesh: Mesh,
    private readonly stats: PresenceStats,
  ) {}

  /**
   * Resolves when they are closed and what they were served is saved, so that the newer one does not get it again; or when that could not be
   * had in time: from a gateway that is gone the answer comes at once, from one that hangs not.
   */
  async close(connections: readonly Connection[]): Promise<void> {
    this.stats.replaced += connections.length;
    await Promise.allSettled(connections.map((connection) => this.closeOne(connection)));
  }

  private closeOne({ connectionId, gatewayId }: Connection): Promise<unknown> {
    const notice: CloseNotice = { connectionId, code: CLOSE.replaced, reason: 'replaced by a newer connection' };
    return this.mesh.ask(instance(ROLE.gateway, gatewayId), GATEWAY.replace, notice, REPLACE);
  }
}
