import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { InjectActorKind, type ActorKind } from '#actor';
import { OVERLOADED, refuse, ROUTER, UNAVAILABLE, type AckNotice } from '#contract';
import { Backlog } from '../log/backlog.js';
import { RouterStats } from '../router-stats.js';
import { Ack, InboxActor, type InboxMail, type Send } from './inbox.actor.js';

/** What is written to inboxes, frame by frame, on its way into their mailboxes. */
@Controller()
export class InboxController {
  constructor(
    @InjectActorKind(InboxActor) private readonly inboxes: ActorKind<InboxMail>,
    private readonly backlog: Backlog,
    private readonly stats: RouterStats,
  ) {}

  @MessagePattern(ROUTER.send, undefined, { batch: true })
  send(requests: readonly Send[]): void {
    for (const request of requests) this.admit(request);
  }

  /**
   * An ack that finds the mailbox full is dropped: the device's next one covers it, and the loss of a last one costs a replay, as the loss
   * of its packet would.
   */
  @EventPattern(ROUTER.ack, undefined, { batch: true })
  ack(notices: readonly AckNotice[]): void {
    for (const notice of notices)
      if (this.inboxes.tell(notice.userId, new Ack(notice)) !== 'ok') this.stats.acksDropped += 1;
  }

  private admit(request: Send): void {
    const bytes = request.data.body.byteLength;
    const told = this.backlog.admit(bytes) ? this.inboxes.tell(request.data.to, request) : 'heavy';
    if (told === 'ok') return;
    if (told !== 'heavy') this.backlog.release(bytes);
    if (told === 'dead') return refuse(request, UNAVAILABLE);
    this.stats.overloaded += 1;
    refuse(request, OVERLOADED);
  }
}
