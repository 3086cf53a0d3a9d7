import { Inject, Injectable } from '@nestjs/common';
import {
  ROLE,
  ROUTER,
  type ConversationsReply,
  type ConversationsRequest,
  type GatewayProcess,
  type OpenReply,
  type PostRequest,
  type ReadConversationRequest,
  type ReadReply,
  type RefreshSubscriptionsReply,
  type SendReply,
  type SubscribeRequest,
} from '#contract';
import { byKey, instance, type AskOptions, type AskSink, type Destination, type Member, type Mesh } from '#mesh';
import { MESH } from '#service';
import { ASK_TIMEOUT_MS, SEND_TIMEOUT_MS } from './timeouts.js';

const ASK: AskOptions = { timeoutMs: ASK_TIMEOUT_MS, idempotent: true };
const POST: AskOptions = { timeoutMs: SEND_TIMEOUT_MS, idempotent: false };
const POST_WITH_ID: AskOptions = { timeoutMs: SEND_TIMEOUT_MS, idempotent: true };

const logOf = (conversation: string): Destination => byKey(ROLE.router, conversation);

/** The routers' conversations, as the gateway uses them. */
@Injectable()
export class Conversations {
  constructor(@Inject(MESH) private readonly mesh: Mesh) {}

  /** Pipelined, as `Inboxes.send`. */
  post(request: PostRequest, sink: AskSink<SendReply>): void {
    const options = request.id === undefined ? POST : POST_WITH_ID;
    this.mesh.request(logOf(request.conversation), ROUTER.post, request, options, sink);
  }

  /** Enters this gateway as a subscriber, and then reads. */
  subscribe(request: Omit<SubscribeRequest, keyof GatewayProcess>, sink: AskSink<OpenReply>): void {
    const whole: SubscribeRequest = { ...request, ...this.self };
    this.mesh.request(logOf(request.conversation), ROUTER.subscribe, whole, ASK, sink);
  }

  read(request: ReadConversationRequest, sink: AskSink<ReadReply>): void {
    this.mesh.request(logOf(request.conversation), ROUTER.readConversation, request, ASK, sink);
  }

  /** Where no router takes it, the gateway's entry ends by itself (90 s). */
  unsubscribe(conversation: string): void {
    this.mesh.tell(logOf(conversation), ROUTER.unsubscribe, { conversation, ...this.self });
  }

  /** The instance that a conversation is placed on; undefined while there is none. */
  owner(conversation: string): Member | undefined {
    return this.mesh.owner(ROLE.router, conversation);
  }

  refresh(owner: Member, conversations: readonly string[]): Promise<RefreshSubscriptionsReply> {
    const to = instance(ROLE.router, owner.id);
    return this.mesh.ask(to, ROUTER.refreshSubscriptions, { conversations, ...this.self }, ASK);
  }

  list(request: ConversationsRequest, sink: AskSink<ConversationsReply>): void {
    this.mesh.request(byKey(ROLE.router, request.userId), ROUTER.conversations, request, ASK, sink);
  }

  private get self(): GatewayProcess {
    const { id: gatewayId, incarnation } = this.mesh.self;
    return { gatewayId, incarnation };
  }
}
