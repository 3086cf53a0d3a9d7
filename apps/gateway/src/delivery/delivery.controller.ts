import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import {
  GATEWAY,
  type BroadcastNotice,
  type CloseNotice,
  type ConversationNotice,
  type DeliverNotice,
  type PresenceNotice,
  type ReceiptNotice,
  type RemovedNotice,
} from '#contract';
import type { CloseCode } from '#protocol';
import { AutoAck } from '../connection/auto-ack.js';
import { Delivery } from '../connection/outgoing.js';
import { Registry } from '../connection/registry.js';
import type { SessionActor } from '../connection/session.js';
import { Subscribers } from '../connection/subscribers.js';
import { Watches } from '../watching/watches.js';

/** What reaches this gateway from the other services, for its sessions. */
@Controller()
export class DeliveryController {
  constructor(
    private readonly registry: Registry<SessionActor>,
    private readonly subscribers: Subscribers,
    private readonly watches: Watches,
    private readonly autoAck: AutoAck,
  ) {}

  /** Live messages, all that came in one frame at once. Each is unpacked and encoded once, however many sessions of the user are here. */
  @EventPattern(GATEWAY.deliver, { batch: true })
  deliver(@Payload() notices: readonly DeliverNotice[]): void {
    for (const { userId, epoch, entries } of notices) {
      const sessions = this.registry.of(userId);
      if (sessions.length === 0) continue;
      const delivery = new Delivery(epoch, entries);
      for (const session of sessions) session.offer(delivery);
    }
  }

  /** Live messages of conversations, for everybody here who has them open. */
  @EventPattern(GATEWAY.conversation, { batch: true })
  conversation(@Payload() notices: readonly ConversationNotice[]): void {
    for (const notice of notices) this.subscribers.deliver(notice);
  }

  /** A membership has ended: the user's sessions here have the conversation no more. */
  @EventPattern(GATEWAY.removed)
  removed(@Payload() { conversation, userId }: RemovedNotice): void {
    for (const session of this.registry.of(userId)) session.removedFrom(conversation);
  }

  /** Watched users whose status has changed. */
  @EventPattern(GATEWAY.presence, { batch: true })
  presence(@Payload() notices: readonly PresenceNotice[]): void {
    for (const notice of notices) this.watches.learn(notice);
  }

  /** For every registered session; no log holds it. */
  @EventPattern(GATEWAY.broadcast)
  broadcast(@Payload() { from, content, kind, timestamp }: BroadcastNotice): void {
    const delivery = Delivery.ephemeral({ from, content, kind }, timestamp);
    for (const session of this.registry.all()) if (session.registration) session.offer(delivery);
  }

  /** Receipts for what a user has sent, for every session of the user's here. */
  @EventPattern(GATEWAY.receipt, { batch: true })
  receipt(@Payload() notices: readonly ReceiptNotice[]): void {
    for (const { userId, to, messageId, status, timestamp } of notices)
      for (const session of this.registry.of(userId))
        session.notify({ type: 'receipt', to, messageId, status, timestamp });
  }

  /** Another service ends a connection: replaced by a newer one, or disconnected. */
  @EventPattern(GATEWAY.close)
  close(@Payload() { connectionId, code, reason }: CloseNotice): void {
    this.registry.connection(connectionId)?.close(code as CloseCode, reason);
  }

  /**
   * A newer connection takes the place of one here. Interleaving: the newer one, on another gateway, reads the device's cursor before this one's is
   * saved, and the client sees again what it was served last. So the answer, for which the registration waits, comes after the saving.
   */
  @MessagePattern(GATEWAY.replace)
  async replace(@Payload() notice: CloseNotice): Promise<Record<string, never>> {
    this.close(notice);
    await this.autoAck.settled();
    return {};
  }
}
