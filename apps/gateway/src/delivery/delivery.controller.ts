import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { GATEWAY, type CloseNotice, type DeliverNotice, type ReceiptNotice } from '#contract';
import type { CloseCode } from '#protocol';
import { Delivery } from '../connection/outgoing.js';
import { Registry } from '../connection/registry.js';
import type { SessionActor } from '../connection/session.js';

/** What reaches this gateway from the other services, for its sessions. */
@Controller()
export class DeliveryController {
  constructor(private readonly registry: Registry<SessionActor>) {}

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
}
