import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY, ROLE, type BroadcastNotice, type CloseNotice } from '#contract';
import { everyone, instance, type Member, type Mesh } from '#mesh';
import { CLOSE, ProtocolError } from '#protocol';
import { MESH } from '#service';

const disconnected = (connectionId: string): CloseNotice => ({
  connectionId,
  code: CLOSE.disconnected,
  reason: 'disconnected by the server API',
});

/** What the API tells gateways: at most once, without an answer. Throws `WS_UNAVAILABLE` where they cannot be told just now. */
@Injectable()
export class Gateways {
  constructor(@Inject(MESH) private readonly mesh: Mesh) {}

  /** The live ones, in an order that all routers agree on. */
  live(): readonly Member[] {
    this.demandMesh();
    return this.mesh.members(ROLE.gateway).toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  }

  /** Whichever has the connection closes it. */
  disconnect(connectionId: string): void {
    this.demandMesh();
    this.mesh.tell(everyone(ROLE.gateway), GATEWAY.close, disconnected(connectionId));
  }

  disconnectAt(gatewayId: string, connectionId: string): void {
    this.demandMesh();
    this.mesh.tell(instance(ROLE.gateway, gatewayId), GATEWAY.close, disconnected(connectionId));
  }

  /** Returns how many were told. */
  broadcast(notice: BroadcastNotice): number {
    const told = this.live().length;
    this.mesh.tell(everyone(ROLE.gateway), GATEWAY.broadcast, notice);
    return told;
  }

  private demandMesh(): void {
    if (!this.mesh.connected) throw new ProtocolError('WS_UNAVAILABLE', 'The gateways cannot be reached', 1_000);
  }
}

/** Names and orders gateway processes; ids hold no spaces. */
export const placeOf = ({ id, incarnation }: Member): string => `${id} ${incarnation}`;
