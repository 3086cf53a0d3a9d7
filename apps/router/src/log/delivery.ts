import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY, ROLE, type ConversationNotice, type DeliverNotice } from '#contract';
import { instance, type Mesh } from '#mesh';
import { MESH } from '#service';
import { RouterStats } from '../router-stats.js';

type Pattern = (typeof GATEWAY)[keyof typeof GATEWAY];

/** Tells gateways: one packet each, at most once (the log has what is stored). */
@Injectable()
export class Delivery {
  constructor(
    @Inject(MESH) private readonly mesh: Mesh,
    private readonly stats: RouterStats,
  ) {}

  /** Live messages of an inbox. */
  deliver(notice: DeliverNotice, gateways: readonly string[]): void {
    this.stats.delivered += this.tell(GATEWAY.deliver, notice, gateways);
  }

  /** Live messages of a conversation. */
  fanOut(notice: ConversationNotice, gateways: readonly string[]): void {
    this.stats.delivered += this.tell(GATEWAY.conversation, notice, gateways);
  }

  /** Returns to how many gateways it went. */
  tell(pattern: Pattern, notice: object, gateways: readonly string[]): number {
    let told = 0;
    for (const gatewayId of gateways) if (this.mesh.tell(instance(ROLE.gateway, gatewayId), pattern, notice)) told += 1;
    return told;
  }
}
