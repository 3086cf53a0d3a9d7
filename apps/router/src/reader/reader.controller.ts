import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { InjectActorKind, type ActorKind } from '#actor';
import { FORBIDDEN, refuse, ROUTER, UNAVAILABLE, type AckNotice, type SyncReply, type SyncRequest } from '#contract';
import { EngineUnavailableError } from '#engine';
import { ConversationActor, type ConversationMail } from '../conversation/conversation.actor.js';
import { MembershipService } from '../conversation/membership.service.js';
import { InboxActor, type InboxMail } from '../inbox/inbox.actor.js';
import { Admission } from '../log/admission.js';
import type { AckRequest } from '../log/cursors.js';
import { LogReader } from '../log/log-reader.js';
import { refused } from '../log/refused.js';

/** What is the same for inboxes and conversations: how far their readers have come, and what they have missed. */
@Controller()
export class ReaderController {
  constructor(
    @InjectActorKind(InboxActor) private readonly inboxes: ActorKind<InboxMail>,
    @InjectActorKind(ConversationActor) private readonly conversations: ActorKind<ConversationMail>,
    private readonly admission: Admission,
    private readonly membership: MembershipService,
    private readonly reader: LogReader,
  ) {}

  @EventPattern(ROUTER.ack, undefined, { batch: true })
  ack(notices: readonly AckNotice[]): void {
    for (const notice of notices) this.note(notice);
  }

  @MessagePattern(ROUTER.acknowledge, undefined, { batch: true })
  async acknowledge(requests: readonly AckRequest[]): Promise<void> {
    await Promise.all(requests.map((request) => this.answer(request)));
  }

  @MessagePattern(ROUTER.sync)
  sync(request: SyncRequest): Promise<SyncReply> {
    return this.missed(request).catch(refused);
  }

  /** The engine passes over acks of strangers; who waits for an answer is told. */
  private async answer(request: AckRequest): Promise<void> {
    const { conversation, userId } = request.data;
    try {
      if (conversation !== undefined && !(await this.membership.has(conversation, userId)))
        return refuse(request, FORBIDDEN);
    } catch (error) {
      if (!(error instanceof EngineUnavailableError)) throw error;
      return refuse(request, UNAVAILABLE);
    }
    this.note(request.data, request);
  }

  private note(notice: AckNotice, request?: AckRequest): void {
    const { conversation, userId } = notice;
    if (conversation === undefined) this.admission.acknowledge(this.inboxes, userId, notice, request);
    else this.admission.acknowledge(this.conversations, conversation, notice, request);
  }

  private async missed(request: SyncRequest): Promise<SyncReply> {
    const { userId, conversation } = request;
    if (conversation === undefined) return this.reader.sync({ kind: 'inbox', id: userId }, request);
    await this.membership.demand(conversation, userId);
    return this.reader.sync({ kind: 'conversation', id: conversation }, request);
  }
}
