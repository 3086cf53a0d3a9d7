import { Controller, Inject } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { InjectActorKind, type ActorKind } from '#actor';
import {
  ROUTER,
  type ConversationsReply,
  type ConversationsRequest,
  type OpenReply,
  type ReadConversationRequest,
  type ReadReply,
  type RefreshSubscriptionsReply,
  type RefreshSubscriptionsRequest,
  type SubscribeRequest,
  type Unsubscribe,
} from '#contract';
import { EngineUnavailableError, type Engine } from '#engine';
import { ENGINE } from '#service';
import { Admission } from '../log/admission.js';
import { refused } from '../log/refused.js';
import { ConversationActor, type ConversationMail, type Post } from './conversation.actor.js';
import { listing } from './listing.js';
import { Subscriptions } from './subscriptions.js';

/** What gateways ask of conversations. */
@Controller()
export class ConversationController {
  constructor(
    @InjectActorKind(ConversationActor) private readonly conversations: ActorKind<ConversationMail>,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly admission: Admission,
    private readonly subscriptions: Subscriptions,
  ) {}

  @MessagePattern(ROUTER.post, undefined, { batch: true })
  post(requests: readonly Post[]): void {
    for (const request of requests) this.admission.admit(this.conversations, request.data.conversation, request);
  }

  @MessagePattern(ROUTER.subscribe)
  subscribe(request: SubscribeRequest): Promise<OpenReply> {
    return this.subscriptions.subscribe(request).catch(refused);
  }

  @EventPattern(ROUTER.unsubscribe)
  unsubscribe(request: Unsubscribe): Promise<void> {
    return this.subscriptions.unsubscribe(request).catch(unlessAway);
  }

  @MessagePattern(ROUTER.refreshSubscriptions)
  refresh(request: RefreshSubscriptionsRequest): Promise<RefreshSubscriptionsReply> {
    return this.subscriptions.refresh(request).catch(refused);
  }

  @MessagePattern(ROUTER.readConversation)
  read(request: ReadConversationRequest): Promise<ReadReply> {
    return this.subscriptions.read(request).catch(refused);
  }

  @MessagePattern(ROUTER.conversations)
  async list(request: ConversationsRequest): Promise<ConversationsReply> {
    const all = await this.engine.conversations.of(request.userId).catch(refused);
    return { conversations: listing(all, request) };
  }
}

/** The record expires by itself. */
function unlessAway(error: unknown): void {
  if (!(error instanceof EngineUnavailableError)) throw error;
}
