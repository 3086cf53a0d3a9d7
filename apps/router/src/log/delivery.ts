import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY, ROLE, type ConversationNotice, type DeliverNotice } from '#contract';
import { instance, type Mesh, type Publication, type Turn } from '#mesh';
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

  /** Live messages of an inbox. Returns the turn they leave in. */
  deliver(notice: DeliverNotice, gateways: readonly string[]): Turn {
    this.stats.delivered += this.tell(GATEWAY.deliver, notice, gateways);
    return this.mesh.turn;
  }

  /**
   * For an append that tells gateways of its message itself; `last`: when messages of that inbox were last told from here.
   *
   * Interleaving: an ephemeral message is told → a stored one is appended, by another connection → Redis publishes it before the frame with the
   * ephemeral one has come. So not before that frame is known to have been there.
   */
  publicationAfter(last: Turn | undefined): Publication | undefined {
    if (last && !this.mesh.isPast(last)) return undefined;
    return this.mesh.publication(ROLE.gateway, GATEWAY.deliver);
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
